package org.dtlscluster.interop;

import java.io.BufferedReader;
import java.io.InputStreamReader;

/** Reads commands from the standard input, one a line, until it ends or says {@code exit}. */
final class Console {

	interface Commands {

		/** @param words the command and its arguments */
		void run(String[] words) throws Exception;
	}

	private Console() {
	}

	static void serve(Commands commands) throws Exception {
		BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
		for (String line = input.readLine(); line != null && !line.equals("exit"); line = input.readLine()) {
			try {
				commands.run(line.trim().split("\\s+"));
			} catch (Exception error) {
				Report.problem(error);
			}
		}
	}
}
