package org.dtlscluster.interop;

import java.util.concurrent.TimeUnit;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.elements.util.StringUtil;
import org.eclipse.californium.scandium.dtls.ConnectionId;
import org.eclipse.californium.scandium.dtls.DTLSContext;

/**
 * A client that keeps its session.
 *
 * <pre>
 * --server HOST:PORT --secret TEXT --identity TEXT
 * --cid-length N    of the own Connection ID; 0 (default): uses the server's only, -1: none at all
 * --cipher A:B --mtu N --retransmission-ms N
 * </pre>
 *
 * Commands on the standard input: {@code post RESPONSE_BYTES [PAYLOAD_BYTES]}, {@code full} (a request after a full
 * handshake), {@code via HOST:PORT}, {@code port} (another local port), {@code session}, {@code close}, {@code exit}.
 */
final class CoapsClient {

	private static final int TIMEOUT_SECONDS = 30;

	private CoapsClient() {
	}

	public static void main(String[] words) throws Exception {
		Arguments arguments = new Arguments(words);
		Client client = new Client(arguments, arguments.text("identity"), 0);
		Report.event("ready", "port", client.localPort());
		Console.serve(command -> run(client, command));
		client.destroy();
		System.exit(0);
	}

	private static void run(Client client, String[] words) throws Exception {
		switch (words[0]) {
		case "post" -> post(client, words, null);
		case "full" -> post(client, new String[] { "post", "0" }, "full");
		case "via" -> {
			client.reachThrough(new Arguments(new String[] { "--via", words[1] }).address("via"));
			Report.event("via");
		}
		case "port" -> {
			client.changePort();
			Report.event("port", "port", client.localPort());
		}
		case "session" -> session(client.context());
		case "close" -> {
			client.close();
			Report.event("closed");
		}
		default -> throw new IllegalArgumentException("unknown command " + words[0]);
		}
	}

	private static void post(Client client, String[] words, String mode) throws Exception {
		int payload = words.length > 2 ? Integer.parseInt(words[2]) : 0;
		Response response = client.post(Integer.parseInt(words[1]), payload, mode).get(TIMEOUT_SECONDS,
				TimeUnit.SECONDS);
		Report.event("answer", "code", response == null ? "none" : response.getCode().text, "bytes",
				response == null ? 0 : response.getPayloadSize(), "handshakes", Client.HANDSHAKES.get(),
				"retransmissions", Client.RETRANSMISSIONS.get());
	}

	private static void session(DTLSContext context) {
		Report.event("session", "suite", Release.ianaName(context.getSession().getCipherSuite().name()), "readCid",
				hex(context.getReadConnectionId()), "writeCid", hex(context.getWriteConnectionId()),
				"extendedMasterSecret", context.getSession().useExtendedMasterSecret());
	}

	private static String hex(ConnectionId cid) {
		return cid == null ? "none" : StringUtil.byteArray2Hex(cid.getBytes());
	}
}
