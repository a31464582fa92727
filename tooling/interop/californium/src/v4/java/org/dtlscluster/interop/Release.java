package org.dtlscluster.interop;

import java.net.InetSocketAddress;
import javax.crypto.SecretKey;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.util.ExecutorsUtil;
import org.eclipse.californium.elements.util.NamedThreadFactory;
import org.eclipse.californium.elements.util.ProtocolScheduledExecutorService;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.ConnectionId;
import org.eclipse.californium.scandium.dtls.HandshakeResultHandler;
import org.eclipse.californium.scandium.dtls.PskPublicInformation;
import org.eclipse.californium.scandium.dtls.PskSecretResult;
import org.eclipse.californium.scandium.dtls.pskstore.PskStore;
import org.eclipse.californium.scandium.dtls.pskstore.SinglePskStore;
import org.eclipse.californium.scandium.util.ServerNames;

/** What differs between the releases of Californium. */
final class Release {

	private static ProtocolScheduledExecutorService shared;

	private Release() {
	}

	/** Lets all endpoints of this process use the same threads. */
	static synchronized void shareThreads(CoapEndpoint endpoint, int threads) {
		if (shared == null) {
			shared = ExecutorsUtil.newProtocolScheduledThreadPool(threads, new NamedThreadFactory("shared#"));
		}
		endpoint.setExecutor(shared);
	}

	/** Without a Connection ID: this release would use one by default. */
	static void withoutConnectionId(Configuration configuration) {
		configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, -1);
	}

	/** The name by which this release calls a suite. */
	static String suite(String ianaName) {
		return ianaName;
	}

	static String ianaName(String suite) {
		return suite;
	}

	/** One secret for all identities; `identity` is the own one. */
	static void psk(DtlsConnectorConfig.Builder builder, String identity, byte[] secret) {
		builder.setPskStore(new PskStore() {

			@Override
			public boolean hasEcdhePskSupported() {
				return true;
			}

			@Override
			public PskSecretResult requestPskSecretResult(ConnectionId cid, ServerNames serverNames,
					PskPublicInformation peer, String hmac, SecretKey otherSecret, byte[] seed, boolean extended) {
				return new SinglePskStore(peer, secret).requestPskSecretResult(cid, serverNames, peer, hmac, otherSecret, seed,
						extended);
			}

			@Override
			public PskPublicInformation getIdentity(InetSocketAddress peer, ServerNames virtualHost) {
				return new PskPublicInformation(identity);
			}

			@Override
			public void setResultHandler(HandshakeResultHandler handler) {
			}
		});
	}
}
