package org.dtlscluster.interop;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;

/** A client's connector that reaches the one server it knows through other addresses. */
final class MovingConnector extends DTLSConnector {

	private final InetSocketAddress server;
	private volatile InetSocketAddress via;

	MovingConnector(DtlsConnectorConfig configuration, InetSocketAddress server) {
		super(configuration);
		this.server = server;
		this.via = server;
	}

	/** Sends to that address from now on. Answers count as the server's, wherever they come from. */
	void reachThrough(InetSocketAddress address) {
		via = address;
	}

	@Override
	protected void sendNextDatagramOverNetwork(DatagramPacket packet) throws IOException {
		packet.setSocketAddress(via);
		super.sendNextDatagramOverNetwork(packet);
	}

	@Override
	protected void processDatagram(DatagramPacket packet, InetSocketAddress router) {
		packet.setSocketAddress(server);
		super.processDatagram(packet, router);
	}
}
