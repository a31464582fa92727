package org.dtlscluster.interop;

import java.util.concurrent.TimeUnit;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;

/** Configurations, without files. */
final class Settings {

	static {
		CoapConfig.register();
		UdpConfig.register();
		DtlsConfig.register();
	}

	private Settings() {
	}

	/** As the extended test server's, as far as tests can see it. */
	static Configuration server(Arguments arguments) {
		Configuration configuration = common(arguments);
		configuration.set(DtlsConfig.DTLS_MAX_CONNECTIONS, 1_000_000);
		connectionId(configuration, arguments.number("cid-length", 6));
		configuration.set(DtlsConfig.DTLS_RECEIVE_BUFFER_SIZE, 4_194_304);
		configuration.set(CoapConfig.RESPONSE_MATCHING, CoapConfig.MatcherMode.PRINCIPAL_IDENTITY);
		configuration.set(CoapConfig.MAX_ACTIVE_PEERS, 1_000_000);
		configuration.set(DtlsConfig.DTLS_MAC_ERROR_FILTER_QUIET_TIME, 4, TimeUnit.SECONDS);
		configuration.set(DtlsConfig.DTLS_MAC_ERROR_FILTER_THRESHOLD, 8);
		return configuration;
	}

	/** As the benchmark client's. */
	static Configuration client(Arguments arguments) {
		Configuration configuration = common(arguments);
		configuration.set(DtlsConfig.DTLS_ROLE, DtlsConfig.DtlsRole.CLIENT_ONLY);
		configuration.set(DtlsConfig.DTLS_MAX_CONNECTIONS, 10);
		configuration.set(CoapConfig.MAX_ACTIVE_PEERS, 10);
		connectionId(configuration, arguments.number("cid-length", 0));
		configuration.set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1);
		configuration.set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1);
		configuration.set(CoapConfig.PROTOCOL_STAGE_THREAD_COUNT, 1);
		return configuration;
	}

	/** The suites of {@code --cipher}, separated by colons; all the release knows of PSK otherwise. */
	static void suites(DtlsConnectorConfig.Builder builder, Arguments arguments) {
		if (arguments.has("cipher")) {
			builder.setAsListFromText(DtlsConfig.DTLS_CIPHER_SUITES, Release.suite(arguments.text("cipher")).split(":"));
		}
	}

	private static void connectionId(Configuration configuration, int length) {
		if (length < 0) {
			Release.withoutConnectionId(configuration);
		} else {
			configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, length);
		}
	}

	private static Configuration common(Arguments arguments) {
		Configuration configuration = new Configuration();
		configuration.set(CoapConfig.MAX_MESSAGE_SIZE, 1024);
		configuration.set(CoapConfig.PREFERRED_BLOCK_SIZE, 1024);
		configuration.set(CoapConfig.MAX_RESOURCE_BODY_SIZE, 8192);
		configuration.set(DtlsConfig.DTLS_RECOMMENDED_CIPHER_SUITES_ONLY, false);
		configuration.set(DtlsConfig.DTLS_RETRANSMISSION_TIMEOUT, arguments.number("retransmission-ms", 2000),
				TimeUnit.MILLISECONDS);
		if (arguments.has("mtu")) {
			configuration.set(DtlsConfig.DTLS_MAX_TRANSMISSION_UNIT, arguments.number("mtu", 0));
		}
		return configuration;
	}
}
