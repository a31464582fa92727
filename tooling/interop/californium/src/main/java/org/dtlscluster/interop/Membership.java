package org.dtlscluster.interop;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.elements.AddressEndpointContext;
import org.eclipse.californium.elements.Connector;
import org.eclipse.californium.elements.DtlsEndpointContext;
import org.eclipse.californium.elements.EndpointContext;
import org.eclipse.californium.elements.MapBasedEndpointContext;
import org.eclipse.californium.elements.MapBasedEndpointContext.Attributes;
import org.eclipse.californium.elements.PrincipalEndpointContextMatcher;
import org.eclipse.californium.elements.RawData;
import org.eclipse.californium.elements.UdpEndpointContextMatcher;
import org.eclipse.californium.scandium.DtlsClusterConnector.ClusterNodesProvider;
import org.eclipse.californium.scandium.DtlsManagedClusterConnector;

/**
 * Who is in the cluster, by pings and pongs on the management connector. Behaves as Californium's own (unpublished)
 * manager of clusters, with its known faults, because other nodes have to live with them.
 */
final class Membership implements ClusterNodesProvider {

	private static final byte PING = 61;
	private static final byte PONG = 60;
	private static final int LENGTH = 6;
	private static final byte START = 0;
	private static final byte UP = 1;
	private static final byte INITIALIZED = 2;

	private static final long TIMER_MS = 2000;
	private static final long REFRESH_MS = 4000;
	private static final long EXPIRATION_MS = 6000;
	private static final long DISCOVER_MS = 10_000;

	private record Node(int id, InetSocketAddress address, EndpointContext context, long seenAt, int state) {
	}

	private final DtlsManagedClusterConnector cluster;
	private final Connector management;
	private final boolean isSecured;
	private final List<InetSocketAddress> scope;
	private final int initialNodes;
	private final Map<Integer, Node> byId = new ConcurrentHashMap<>();
	private final Map<InetSocketAddress, Node> byAddress = new ConcurrentHashMap<>();
	private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
		Thread thread = new Thread(task, "membership");
		thread.setDaemon(true);
		return thread;
	});
	private long discoveredAt;
	private volatile boolean isReady;

	Membership(DtlsManagedClusterConnector cluster, List<InetSocketAddress> scope, int initialNodes) {
		this.cluster = cluster;
		this.management = cluster.getClusterManagementConnector();
		this.isSecured = !DtlsManagedClusterConnector.PROTOCOL_MANAGEMENT_UDP.equals(cluster.getManagementProtocol());
		this.scope = scope;
		this.initialNodes = initialNodes;
		management.setRawDataReceiver(this::receive);
		management.setEndpointContextMatcher(
				isSecured ? new PrincipalEndpointContextMatcher() : new UdpEndpointContextMatcher());
		cluster.setClusterNodesProvider(this);
	}

	void start() {
		if (initialNodes < 2) {
			ready();
			return;
		}
		timer.scheduleWithFixedDelay(this::tick, Math.min(TIMER_MS / 2, 100), TIMER_MS, TimeUnit.MILLISECONDS);
	}

	void stop() {
		timer.shutdownNow();
	}

	@Override
	public InetSocketAddress getClusterNode(int id) {
		Node node = byId.get(id);
		return node == null ? null : node.address;
	}

	@Override
	public boolean available(InetSocketAddress address) {
		return byAddress.containsKey(address);
	}

	/** The ids of the other nodes, in order. */
	List<Integer> nodes() {
		List<Integer> ids = new ArrayList<>(byId.keySet());
		Collections.sort(ids);
		return ids;
	}

	boolean isReady() {
		return isReady;
	}

	private void tick() {
		try {
			long now = now();
			boolean hasRemoved = refresh(now);
			if (hasRemoved || byId.isEmpty() || now - discoveredAt >= DISCOVER_MS) {
				discoveredAt = now;
				discover();
			}
		} catch (RuntimeException error) {
			Report.problem(error);
		}
	}

	private boolean refresh(long now) {
		boolean hasRemoved = false;
		List<Node> nodes = new ArrayList<>(byId.values());
		Collections.shuffle(nodes);
		for (Node node : nodes) {
			if (node.seenAt < now - (REFRESH_MS + EXPIRATION_MS)) {
				byId.remove(node.id, node);
				byAddress.remove(node.address, node);
				hasRemoved = true;
				Report.event("node-expired", "id", node.id);
			} else if (node.seenAt < now - REFRESH_MS) {
				send(message(PING), node.context);
			}
		}
		return hasRemoved;
	}

	private void discover() {
		List<InetSocketAddress> unknown = new ArrayList<>(scope);
		unknown.removeIf(byAddress::containsKey);
		Collections.shuffle(unknown);
		for (InetSocketAddress address : unknown) {
			send(message(PING), isSecured
					? new MapBasedEndpointContext(address, null,
							new Attributes().add(DtlsEndpointContext.KEY_HANDSHAKE_MODE, "force"))
					: new AddressEndpointContext(address));
		}
	}

	private void receive(RawData raw) {
		byte[] data = raw.getBytes();
		if (data.length < LENGTH || (data[0] != PING && data[0] != PONG)) {
			Report.event("management-ignored", "bytes", data.length, "type", data.length == 0 ? -1 : data[0]);
			return;
		}
		int id = (data[1] & 0xff) | (data[2] & 0xff) << 8 | (data[3] & 0xff) << 16 | (data[4] & 0xff) << 24;
		int state = data[5];
		if (id == cluster.getNodeID()) {
			if (data[0] == PONG) {
				Report.event("problem", "reason", "a pong names the own node id");
			}
			return;
		}
		learn(id, state, raw);
		if (data[0] == PING) {
			// The pong is written into the ping, so a longer ping gets its tail back.
			byte[] pong = data.clone();
			System.arraycopy(message(PONG, state), 0, pong, 0, LENGTH);
			send(pong, raw.getEndpointContext());
		}
		checkReady(state);
	}

	private synchronized void learn(int id, int state, RawData raw) {
		InetSocketAddress address = raw.getInetSocketAddress();
		Node known = byId.get(id);
		// The first context is kept for ever, and the address a node has left stays known: both are faults of the original.
		EndpointContext context = known == null ? raw.getEndpointContext() : known.context;
		Node node = new Node(id, address, context, now(), state);
		byId.put(id, node);
		byAddress.put(address, node);
		if (known == null) {
			Report.event("node-found", "id", id);
		} else if (!known.address.equals(address)) {
			Report.event("node-moved", "id", id);
		}
	}

	private void checkReady(int foreign) {
		if (isReady || ownState(foreign) < UP) {
			return;
		}
		long up = 1 + byId.values().stream().filter(node -> node.state >= UP).count();
		if (up >= initialNodes || ownState(foreign) == INITIALIZED) {
			ready();
			for (Node node : byId.values()) {
				send(message(PING), node.context);
			}
		}
	}

	private void ready() {
		isReady = true;
		Report.event("cluster-ready", "nodes", byId.size() + 1);
	}

	private byte ownState(int foreign) {
		if (isReady || foreign == INITIALIZED) {
			return INITIALIZED;
		}
		return byId.size() + 1 >= initialNodes ? UP : START;
	}

	private byte[] message(byte type) {
		return message(type, START);
	}

	private byte[] message(byte type, int foreign) {
		int id = cluster.getNodeID();
		return new byte[] { type, (byte) id, (byte) (id >> 8), (byte) (id >> 16), (byte) (id >> 24), ownState(foreign) };
	}

	private void send(byte[] data, EndpointContext to) {
		management.send(RawData.outbound(data, to, null, false));
	}

	private static long now() {
		return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
	}
}
