package org.dtlscluster.interop;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/** A command line of {@code --name value} pairs. */
final class Arguments {

	private final Map<String, String> values = new HashMap<>();

	Arguments(String[] arguments) {
		for (int i = 0; i < arguments.length; i += 2) {
			if (!arguments[i].startsWith("--") || i + 1 == arguments.length) {
				throw new IllegalArgumentException(arguments[i] + ": expected --name value");
			}
			values.put(arguments[i].substring(2), arguments[i + 1]);
		}
	}

	boolean has(String name) {
		return values.containsKey(name);
	}

	String text(String name) {
		String value = values.get(name);
		if (value == null) {
			throw new IllegalArgumentException("--" + name + " is missing");
		}
		return value;
	}

	String text(String name, String byDefault) {
		return values.getOrDefault(name, byDefault);
	}

	int number(String name, int byDefault) {
		return has(name) ? Integer.parseInt(text(name)) : byDefault;
	}

	InetSocketAddress address(String name) {
		return address0(text(name));
	}

	/** Comma separated. */
	InetSocketAddress[] addresses(String name) {
		String[] texts = text(name).split(",");
		InetSocketAddress[] addresses = new InetSocketAddress[texts.length];
		for (int i = 0; i < texts.length; ++i) {
			addresses[i] = address0(texts[i]);
		}
		return addresses;
	}

	private static InetSocketAddress address0(String text) {
		int colon = text.lastIndexOf(':');
		String host = text.substring(0, colon).replaceAll("[\\[\\]]", "");
		return new InetSocketAddress(host, Integer.parseInt(text.substring(colon + 1)));
	}
}
