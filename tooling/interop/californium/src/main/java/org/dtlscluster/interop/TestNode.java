package org.dtlscluster.interop;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.DtlsClusterConnector;
import org.eclipse.californium.scandium.DtlsClusterConnector.ClusterNodesProvider;
import org.eclipse.californium.scandium.DtlsClusterHealthLogger;
import org.eclipse.californium.scandium.DtlsManagedClusterConnector;
import org.eclipse.californium.scandium.config.DtlsClusterConnectorConfig;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.MultiNodeConnectionIdGenerator;
import org.eclipse.californium.scandium.util.SecretUtil;

/**
 * A CoAP/DTLS server that stands alone or is a node of a cluster.
 *
 * <pre>
 * --coaps HOST:PORT     public address; port 0 for one of the system's choice
 * --secret TEXT         pre-shared key of all identities
 * --label TEXT          names the connector in saved states (default dtls://0.0.0.0:5784)
 * --cid-length N        default 6; -1 for none
 * --cipher A:B --mtu N --retransmission-ms N
 * --node-id N --cluster HOST:PORT        a node of a cluster
 *   --nodes HOST:PORT,... --initial-nodes N --level udp|dtls|dtls-mac --identity TEXT --cluster-secret TEXT
 *   --static ID=HOST:PORT,...            fixed nodes instead, without pings
 * --load FILE --password TEXT            connections to begin with
 * --restore HOST:PORT --certs DIRECTORY  asks another node for them
 * --restore-listen HOST:PORT             gives them to whoever asks
 * </pre>
 *
 * Commands on the standard input: {@code save FILE [PASSWORD]}, {@code restore}, {@code nodes}, {@code counters},
 * {@code memory}, {@code exit}.
 */
final class TestNode {

	private final Arguments arguments;
	private final DtlsClusterHealthLogger health = new DtlsClusterHealthLogger("node");
	private final DTLSConnector connector;
	private final CoapServer server;
	private final States states;
	private Membership membership;

	private TestNode(Arguments arguments) {
		this.arguments = arguments;
		Configuration configuration = Settings.server(arguments);
		connector = createConnector(dtls(configuration));
		server = new CoapServer(configuration);
		server.addEndpoint(new CoapEndpoint.Builder().setConfiguration(configuration).setConnector(connector).build());
		server.add(new Benchmark());
		states = new States(server);
	}

	public static void main(String[] words) throws Exception {
		TestNode node = new TestNode(new Arguments(words));
		node.start();
		Console.serve(node::run);
		node.stop();
		System.exit(0);
	}

	private void start() throws Exception {
		if (arguments.has("load")) {
			states.load(arguments.text("load"), arguments.text("password", null));
		}
		server.start();
		if (membership != null) {
			membership.start();
		}
		if (arguments.has("restore")) {
			states.download(arguments.address("restore"), arguments.text("certs"));
		}
		int https = arguments.has("restore-listen")
				? states.serve(arguments.address("restore-listen"), arguments.text("certs"))
				: 0;
		Report.event("ready", "coaps", connector.getAddress().getPort(), "https", https);
	}

	private void stop() {
		if (membership != null) {
			membership.stop();
		}
		server.destroy();
	}

	private void run(String[] words) throws Exception {
		switch (words[0]) {
		case "save" -> states.save(words[1], words.length > 2 ? words[2] : null);
		case "restore" -> states.download(arguments.address("restore-from"), arguments.text("certs"));
		case "nodes" -> Report.event("nodes", "ids", membership.nodes(), "ready", membership.isReady());
		case "counters" -> counters();
		case "memory" -> memory();
		default -> throw new IllegalArgumentException("unknown command " + words[0]);
		}
	}

	private void counters() {
		health.transferCounter();
		Map<String, Long> counters = new HashMap<>();
		for (String key : health.getKeys()) {
			counters.put(key.trim(), health.getCounterByKey(key));
		}
		Object[] fields = counters.entrySet().stream().flatMap(entry -> Arrays.stream(new Object[] { entry.getKey(), entry.getValue() }))
				.toArray();
		Report.event("counters", fields);
	}

	/** What the connections take, after the garbage is gone. */
	private void memory() throws InterruptedException {
		for (int i = 0; i < 3; ++i) {
			System.gc();
			Thread.sleep(50);
		}
		Runtime runtime = Runtime.getRuntime();
		Report.event("memory", "heap", runtime.totalMemory() - runtime.freeMemory());
	}

	private DtlsConnectorConfig dtls(Configuration configuration) {
		DtlsConnectorConfig.Builder builder = DtlsConnectorConfig.builder(configuration);
		builder.setAddress(arguments.address("coaps"));
		builder.setSerializationLabel(arguments.text("label", "dtls://0.0.0.0:5784"));
		builder.setHealthHandler(health);
		builder.set(DtlsConfig.DTLS_ROLE, DtlsConfig.DtlsRole.SERVER_ONLY);
		Settings.suites(builder, arguments);
		Release.psk(builder, "node", arguments.text("secret").getBytes(StandardCharsets.UTF_8));
		if (arguments.has("node-id")) {
			int length = arguments.number("cid-length", 6);
			builder.setConnectionIdGenerator(new MultiNodeConnectionIdGenerator(arguments.number("node-id", 0), length));
			builder.set(DtlsConfig.DTLS_CONNECTION_ID_NODE_ID, arguments.number("node-id", 0));
		}
		return builder.build();
	}

	private DTLSConnector createConnector(DtlsConnectorConfig dtls) {
		if (!arguments.has("cluster")) {
			return new DTLSConnector(dtls);
		}
		DtlsClusterConnectorConfig.Builder cluster = DtlsClusterConnectorConfig.builder();
		cluster.setAddress(arguments.address("cluster"));
		if (arguments.has("static")) {
			return new DtlsClusterConnector(dtls, cluster.build(), fixed(arguments.text("static")));
		}
		String level = arguments.text("level", "udp");
		if (!level.equals("udp")) {
			byte[] secret = arguments.text("cluster-secret").getBytes(StandardCharsets.UTF_8);
			cluster.setSecure(arguments.text("identity"), SecretUtil.create(secret, "PSK"));
			cluster.setClusterMac(level.equals("dtls-mac"));
		}
		DtlsManagedClusterConnector managed = new DtlsManagedClusterConnector(dtls, cluster.build());
		InetSocketAddress[] nodes = arguments.addresses("nodes");
		membership = new Membership(managed, Arrays.asList(nodes), arguments.number("initial-nodes", nodes.length + 1));
		return managed;
	}

	private static ClusterNodesProvider fixed(String table) {
		Map<Integer, InetSocketAddress> nodes = new HashMap<>();
		for (String row : table.split(",")) {
			String[] parts = row.split("=");
			nodes.put(Integer.valueOf(parts[0]), new Arguments(new String[] { "--node", parts[1] }).address("node"));
		}
		return new ClusterNodesProvider() {

			@Override
			public InetSocketAddress getClusterNode(int id) {
				return nodes.get(id);
			}

			@Override
			public boolean available(InetSocketAddress address) {
				return true;
			}
		};
	}
}
