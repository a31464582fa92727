package org.dtlscluster.interop;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.util.concurrent.Executors;
import javax.crypto.SecretKey;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.eclipse.californium.core.CoapServer;
import org.eclipse.californium.elements.util.EncryptedPersistentComponentUtil;
import org.eclipse.californium.elements.util.SslContextUtil;
import org.eclipse.californium.elements.util.SslContextUtil.Credentials;
import org.eclipse.californium.scandium.util.SecretUtil;

/** Saves, loads, gives and downloads the connections of a server. */
final class States {

	private static final long MAX_AGE_SECONDS = 12 * 3600;
	private static final int CONNECT_MS = 5000;
	private static final int READ_MS = 15_000;

	private final CoapServer server;
	private final EncryptedPersistentComponentUtil components = new EncryptedPersistentComponentUtil();

	States(CoapServer server) {
		this.server = server;
		components.addProvider(server);
	}

	/** Stops the server, because connectors that run save nothing. */
	void save(String file, String password) throws IOException {
		server.stop();
		long start = System.nanoTime();
		try (OutputStream out = new BufferedOutputStream(new FileOutputStream(file), 1 << 16)) {
			components.saveComponents(out, key(password), MAX_AGE_SECONDS);
		}
		Report.event("saved", "bytes", new File(file).length(), "ms", millis(start));
	}

	void load(String file, String password) throws IOException {
		long start = System.nanoTime();
		try (InputStream in = new BufferedInputStream(new FileInputStream(file), 1 << 16)) {
			Report.event("loaded", "connections", components.loadComponents(in, key(password)), "ms", millis(start));
		}
	}

	/** Asks another node for its connections; certificates as Kubernetes mounts them. */
	void download(InetSocketAddress from, String certificates) throws IOException, GeneralSecurityException {
		URL url = new URL("https", from.getHostString(), from.getPort(), "/restore");
		HttpsURLConnection request = (HttpsURLConnection) url.openConnection();
		request.setSSLSocketFactory(tls(certificates, "client").getSocketFactory());
		// The address is a pod's: the private trust anchor stands for its name.
		request.setHostnameVerifier((host, session) -> true);
		request.setConnectTimeout(CONNECT_MS);
		request.setReadTimeout(READ_MS);
		int status = request.getResponseCode();
		try (InputStream in = new BufferedInputStream(request.getInputStream())) {
			Report.event("downloaded", "status", status, "connections", components.loadComponents(in));
		}
	}

	/** Answers {@code /restore}: the servers stop, then their connections follow. @return the port */
	int serve(InetSocketAddress address, String certificates) throws IOException, GeneralSecurityException {
		HttpsServer https = HttpsServer.create(address, 10);
		SSLContext context = tls(certificates, "server");
		https.setHttpsConfigurator(new HttpsConfigurator(context) {

			@Override
			public void configure(HttpsParameters parameters) {
				SSLParameters needed = context.getDefaultSSLParameters();
				needed.setNeedClientAuth(true);
				parameters.setSSLParameters(needed);
			}
		});
		https.createContext("/restore", exchange -> {
			exchange.sendResponseHeaders(200, 0);
			server.stop();
			try (OutputStream out = exchange.getResponseBody()) {
				Report.event("given", "connections", components.saveComponents(out, MAX_AGE_SECONDS));
			}
		});
		https.setExecutor(Executors.newCachedThreadPool(task -> {
			Thread thread = new Thread(task, "https");
			thread.setDaemon(true);
			return thread;
		}));
		https.start();
		return https.getAddress().getPort();
	}

	private static SSLContext tls(String certificates, String role) throws IOException, GeneralSecurityException {
		String files = "file://" + certificates + "/https_" + role;
		Credentials own = SslContextUtil.loadCredentials(files + "_cert.pem");
		Certificate[] trusted = SslContextUtil.loadTrustedCertificates(files + "_trust.pem");
		return SslContextUtil.createSSLContext(role, own.getPrivateKey(), own.getCertificateChain(), trusted);
	}

	private static SecretKey key(String password) {
		return password == null ? null : SecretUtil.create(password.getBytes(StandardCharsets.UTF_8), "PW");
	}

	private static double millis(long start) {
		return (System.nanoTime() - start) / 1e6;
	}
}
