package org.dtlscluster.interop;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.californium.core.coap.MessageObserverAdapter;
import org.eclipse.californium.core.coap.Request;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.AddressEndpointContext;
import org.eclipse.californium.elements.DtlsEndpointContext;
import org.eclipse.californium.elements.MapBasedEndpointContext;
import org.eclipse.californium.elements.MapBasedEndpointContext.Attributes;
import org.eclipse.californium.elements.util.PersistentComponentUtil;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.DTLSContext;

/** One device: its own socket, one session, requests to {@code /benchmark}. */
final class Client {

	/** What all clients of a process count. */
	static final AtomicInteger HANDSHAKES = new AtomicInteger();
	static final AtomicInteger RETRANSMISSIONS = new AtomicInteger();

	private final Arguments arguments;
	private final String identity;
	private final InetSocketAddress server;
	private final int threads;
	private MovingConnector connector;
	private CoapEndpoint endpoint;

	/** @param threads shared by all clients; 0 for own ones */
	Client(Arguments arguments, String identity, int threads) throws IOException {
		this.arguments = arguments;
		this.identity = identity;
		this.threads = threads;
		this.server = arguments.address("server");
		open();
	}

	/** Settles with the answer, or with undefined when there is none. */
	CompletableFuture<Response> post(int responseLength, int payloadLength, String handshakeMode) {
		Request request = Request.newPost();
		request.setDestinationContext(handshakeMode == null ? new AddressEndpointContext(server)
				: new MapBasedEndpointContext(server, null,
						new Attributes().add(DtlsEndpointContext.KEY_HANDSHAKE_MODE, handshakeMode)));
		request.getOptions().setUriPath("benchmark");
		request.getOptions().addUriQuery("rlen=" + responseLength);
		request.setPayload(new byte[payloadLength]);
		CompletableFuture<Response> answer = new CompletableFuture<>();
		request.addMessageObserver(new MessageObserverAdapter() {

			@Override
			public void onResponse(Response response) {
				answer.complete(response);
			}

			@Override
			public void onRetransmission() {
				RETRANSMISSIONS.incrementAndGet();
			}

			@Override
			public void onConnecting() {
				HANDSHAKES.incrementAndGet();
			}

			@Override
			protected void failed() {
				answer.complete(null);
			}
		});
		endpoint.sendRequest(request);
		return answer;
	}

	void reachThrough(InetSocketAddress address) {
		connector.reachThrough(address);
	}

	/** Goes on with the same session from another local port, as after a new NAT entry. */
	void changePort() throws IOException {
		ByteArrayOutputStream saved = new ByteArrayOutputStream();
		endpoint.stop();
		components().saveComponents(saved, Long.MAX_VALUE / 2_000_000_000);
		endpoint.destroy();
		open();
		components().loadComponents(new ByteArrayInputStream(saved.toByteArray()));
	}

	/** Says goodbye. */
	void close() {
		connector.close(server);
	}

	void destroy() {
		endpoint.destroy();
	}

	int localPort() {
		return connector.getAddress().getPort();
	}

	DTLSContext context() {
		return connector.getDtlsContextByAddress(server);
	}

	private void open() throws IOException {
		Configuration configuration = Settings.client(arguments);
		DtlsConnectorConfig.Builder builder = DtlsConnectorConfig.builder(configuration);
		builder.setAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
		builder.setSerializationLabel("client");
		Settings.suites(builder, arguments);
		Release.psk(builder, identity, arguments.text("secret").getBytes(StandardCharsets.UTF_8));
		connector = new MovingConnector(builder.build(), server);
		connector.setAlertHandler((peer, alert) -> Report.event("alert", "description", alert.getDescription(),
				"level", alert.getLevel()));
		endpoint = new CoapEndpoint.Builder().setConfiguration(configuration).setConnector(connector).build();
		if (threads > 0) {
			Release.shareThreads(endpoint, threads);
		}
		endpoint.start();
	}

	private PersistentComponentUtil components() {
		PersistentComponentUtil components = new PersistentComponentUtil();
		components.add(connector);
		return components;
	}
}
