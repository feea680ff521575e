package io.github.dualwrite.examples.benchmarks.harness;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Runs a part of a benchmark in a process of its own, with a heap of its own. */
public final class ChildProcess {

    private ChildProcess() {}

    /** What a process is to run. */
    @FunctionalInterface
    public interface Body {
        /** Measures and reports. */
        void run(Run run, List<String> args) throws Exception;
    }

    /**
     * Starts a class whose {@code main} calls {@link #main}, waits for it and takes over what it found. In the smoke profile the body
     * runs in this process.
     */
    public static void run(Run run, Class<?> main, Body body, int heapMiB, List<String> args) throws Exception {
        if (run.profile() == Profile.SMOKE) {
            body.run(run, args);
            return;
        }
        Path file = Files.createTempFile("benchmark", ".json");
        try {
            List<String> command = new ArrayList<>(List.of(
                    System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                    "-Xmx" + heapMiB + "m",
                    "-Dlogback.configurationFile=logback.xml", // the adapters' tests bring others
                    "-cp",
                    System.getProperty("java.class.path"),
                    main.getName(),
                    run.profile().word(),
                    run.benchmark(),
                    file.toString()));
            command.addAll(args);
            Process process = new ProcessBuilder(command).inheritIO().start();
            try {
                int code = process.waitFor();
                if (Files.size(file) > 0) {
                    run.include(Run.read(file));
                }
                if (code != 0) {
                    throw new IllegalStateException(main.getSimpleName() + " ended with exit code " + code);
                }
            } finally {
                process.destroy(); // if the wait was interrupted
            }
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** What the class's {@code main} does. Failures are in the file. */
    public static void main(String[] args, Body body) throws InterruptedException {
        Run run = new Run(Profile.valueOf(args[0].toUpperCase(Locale.ROOT)), "", Path.of(args[2]));
        run.benchmark(args[1], self -> body.run(self, List.of(args).subList(3, args.length)));
    }
}
