package org.dtlscluster.interop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.californium.core.coap.Response;

/**
 * Hundreds of devices in one process.
 *
 * <pre>
 * --server HOST:PORT --secret TEXT --prefix TEXT   identities are the prefix and a number
 * --clients N --threads N (default 4) --parallel N (handshakes and requests at a time, default 32)
 * --cid-length N --cipher A:B --mtu N
 * </pre>
 *
 * Commands on the standard input: {@code round RESPONSE_BYTES} (every client sends one request), {@code ports} (every
 * client gets another local port), {@code via HOST:PORT}, {@code exit}.
 */
final class LoadClient {

	private final List<Client> clients = new ArrayList<>();
	private final Semaphore slots;

	private LoadClient(Arguments arguments) throws Exception {
		slots = new Semaphore(arguments.number("parallel", 32));
		int threads = arguments.number("threads", 4);
		String prefix = arguments.text("prefix", "cali.");
		for (int i = 0; i < arguments.number("clients", 100); ++i) {
			clients.add(new Client(arguments, prefix + i, threads));
		}
	}

	public static void main(String[] words) throws Exception {
		LoadClient load = new LoadClient(new Arguments(words));
		Report.event("ready", "clients", load.clients.size());
		Console.serve(load::run);
		System.exit(0);
	}

	private void run(String[] words) throws Exception {
		switch (words[0]) {
		case "round" -> round(Integer.parseInt(words[1]));
		case "ports" -> {
			for (Client client : clients) {
				client.changePort();
			}
			Report.event("ports");
		}
		case "via" -> {
			for (Client client : clients) {
				client.reachThrough(new Arguments(new String[] { "--via", words[1] }).address("via"));
			}
			Report.event("via");
		}
		default -> throw new IllegalArgumentException("unknown command " + words[0]);
		}
	}

	private void round(int responseLength) throws InterruptedException {
		AtomicInteger succeeded = new AtomicInteger();
		int handshakes = Client.HANDSHAKES.get();
		int retransmissions = Client.RETRANSMISSIONS.get();
		List<CompletableFuture<Void>> answers = new ArrayList<>();
		for (Client client : clients) {
			slots.acquire();
			answers.add(client.post(responseLength, 0, null).thenAccept(response -> {
				slots.release();
				if (isSuccess(response, responseLength)) {
					succeeded.incrementAndGet();
				}
			}));
		}
		CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0])).join();
		Report.event("round", "succeeded", succeeded.get(), "failed", clients.size() - succeeded.get(), "handshakes",
				Client.HANDSHAKES.get() - handshakes, "retransmissions",
				Client.RETRANSMISSIONS.get() - retransmissions);
	}

	private static boolean isSuccess(Response response, int length) {
		return response != null && response.isSuccess() && response.getPayloadSize() == length;
	}
}
