package org.dtlscluster.interop;

import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.coap.CoAP.Code;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.MediaTypeRegistry;
import org.eclipse.californium.core.coap.Response;
import org.eclipse.californium.core.network.Exchange;

/** {@code POST /benchmark?rlen=N}, as the extended test server answers it; with {@code ack}, separately. */
final class Benchmark extends CoapResource {

	private static final String TEXT = "hello benchmark";
	private static final int MAX_LENGTH = 8192;

	Benchmark() {
		super("benchmark");
	}

	@Override
	public void handleRequest(Exchange exchange) {
		if (exchange.getRequest().getCode() != Code.POST) {
			exchange.sendResponse(new Response(ResponseCode.METHOD_NOT_ALLOWED));
			return;
		}
		int length = TEXT.length();
		for (String query : exchange.getRequest().getOptions().getUriQueryString().split("&")) {
			if (query.startsWith("rlen=")) {
				length = Integer.parseInt(query.substring("rlen=".length()));
			} else if (query.equals("ack")) {
				exchange.sendAccept();
			}
		}
		if (length < 0 || length > MAX_LENGTH) {
			exchange.sendResponse(new Response(ResponseCode.BAD_OPTION));
			return;
		}
		Response response = new Response(ResponseCode.CHANGED);
		response.setPayload(padded(length));
		response.getOptions().setContentFormat(MediaTypeRegistry.TEXT_PLAIN);
		exchange.sendResponse(response);
	}

	private static byte[] padded(int length) {
		byte[] payload = new byte[length];
		for (int i = 0; i < length; ++i) {
			payload[i] = (byte) (i < TEXT.length() ? TEXT.charAt(i) : '*');
		}
		return payload;
	}
}
