package io.github.dualwrite.examples.reliability;

import java.io.IOException;

/** Sends signals that Java has no word for, where there are any. */
final class Signals {

    private Signals() {}

    /** Sends a signal to a process; whether it could, which it cannot to one that is gone. */
    static boolean send(String signal, long process) throws IOException, InterruptedException {
        return new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }
}
