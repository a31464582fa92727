package org.dtlscluster.interop;

/** Prints what happens, one JSON object a line. */
final class Report {

	private Report() {
	}

	/** @param fields names and values in turn; values are numbers, booleans or texts */
	static synchronized void event(String event, Object... fields) {
		StringBuilder line = new StringBuilder("{\"event\":").append(quote(event));
		for (int i = 0; i < fields.length; i += 2) {
			Object value = fields[i + 1];
			boolean bare = value instanceof Number || value instanceof Boolean;
			line.append(',').append(quote(fields[i].toString())).append(':')
					.append(bare ? value.toString() : quote(String.valueOf(value)));
		}
		System.out.println(line.append('}'));
		System.out.flush();
	}

	static void problem(Throwable error) {
		event("problem", "reason", error.toString());
	}

	private static String quote(String text) {
		StringBuilder quoted = new StringBuilder("\"");
		for (char c : text.toCharArray()) {
			if (c == '"' || c == '\\') {
				quoted.append('\\').append(c);
			} else if (c < ' ') {
				quoted.append(String.format("\\u%04x", (int) c));
			} else {
				quoted.append(c);
			}
		}
		return quoted.append('"').toString();
	}
}
