package org.dtlscluster.interop;

import java.net.InetSocketAddress;
import java.util.concurrent.ScheduledExecutorService;
import javax.crypto.SecretKey;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.util.ExecutorsUtil;
import org.eclipse.californium.elements.util.NamedThreadFactory;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.ConnectionId;
import org.eclipse.californium.scandium.dtls.HandshakeResultHandler;
import org.eclipse.californium.scandium.dtls.PskPublicInformation;
import org.eclipse.californium.scandium.dtls.PskSecretResult;
import org.eclipse.californium.scandium.dtls.pskstore.AdvancedPskStore;
import org.eclipse.californium.scandium.dtls.pskstore.AdvancedSinglePskStore;
import org.eclipse.californium.scandium.util.ServerNames;

/** What differs between the releases of Californium. */
final class Release {

	private static ScheduledExecutorService shared;

	private Release() {
	}

	/** Lets all endpoints of this process use the same threads. */
	static synchronized void shareThreads(CoapEndpoint endpoint, int threads) {
		if (shared == null) {
			shared = ExecutorsUtil.newScheduledThreadPool(threads, new NamedThreadFactory("shared#"));
		}
		endpoint.setExecutors(shared, shared);
	}

	/** Without a Connection ID: this release takes the absence of a length for that. */
	static void withoutConnectionId(Configuration configuration) {
		configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, null);
	}

	/** The name by which this release calls a suite: it misspells one hash. */
	static String suite(String ianaName) {
		return ianaName.replace("_PSK_WITH_AES_256_GCM_SHA384", "_PSK_WITH_AES_256_GCM_SHA378");
	}

	static String ianaName(String suite) {
		return suite.replace("_PSK_WITH_AES_256_GCM_SHA378", "_PSK_WITH_AES_256_GCM_SHA384");
	}

	/** One secret for all identities; `identity` is the own one. */
	static void psk(DtlsConnectorConfig.Builder builder, String identity, byte[] secret) {
		builder.setAdvancedPskStore(new AdvancedPskStore() {

			@Override
			public boolean hasEcdhePskSupported() {
				return true;
			}

			@Override
			public PskSecretResult requestPskSecretResult(ConnectionId cid, ServerNames serverNames,
					PskPublicInformation peer, String hmac, SecretKey otherSecret, byte[] seed, boolean extended) {
				return new AdvancedSinglePskStore(peer, secret).requestPskSecretResult(cid, serverNames, peer, hmac, otherSecret, seed,
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
