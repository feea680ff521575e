package io.github.dualwrite.examples.benchmarks.harness;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A run under way: takes figures and failures, writes each to the JSON file as it comes, and says how far it is. For one thread.
 */
public final class Run {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Profile profile;
    private final Path file;
    private final String command;
    private final String commit;
    private final Map<String, String> machine;
    private final Map<String, String> versions;
    private final Instant started = Instant.now();
    private final Map<String, Double> seconds = new LinkedHashMap<>();
    private final List<Measurement> measurements = new ArrayList<>();
    private final List<Results.Failure> failures = new ArrayList<>();
    private @Nullable Instant finished;
    private String benchmark = "";

    /** A run whose results go to a file. */
    public Run(Profile profile, String command, Path file) {
        this.profile = profile;
        this.command = command;
        this.file = file;
        this.commit = Machine.commit();
        this.machine = Machine.describe();
        this.versions = Machine.versions();
        save();
    }

    /** How much to measure. */
    public Profile profile() {
        return profile;
    }

    /** Runs one benchmark; what it throws is a failure of it and not of the run. */
    public void benchmark(String name, Benchmark body) throws InterruptedException {
        benchmark = name;
        say("begins");
        long start = System.nanoTime();
        try {
            body.run(this);
        } catch (InterruptedException e) {
            failed("the benchmark", e);
            throw e;
        } catch (Exception | LinkageError | AssertionError e) {
            failed("the benchmark", e);
        }
        seconds.put(name, Math.round((System.nanoTime() - start) / 1e8) / 10.0);
        save();
        say("took " + seconds.get(name) + " s");
    }

    /** A benchmark's program. */
    @FunctionalInterface
    public interface Benchmark {
        /** Measures and reports. */
        void run(Run run) throws Exception;
    }

    /** The name of the benchmark that runs. */
    String benchmark() {
        return benchmark;
    }

    /** Takes a figure. */
    public void report(Measurement measurement) {
        measurements.add(measurement);
        save();
    }

    /** Takes a failure: the rest goes on, and the program ends with an exit code that is not zero. */
    public void failed(String what, Throwable error) {
        failures.add(new Results.Failure(benchmark, what, error.toString()));
        save();
        say("FAILED: " + what);
        error.printStackTrace(System.out);
    }

    /** Takes over what a process of its own found. */
    void include(Results other) {
        measurements.addAll(other.measurements());
        failures.addAll(other.failures());
        save();
    }

    /** Says something about the progress. */
    public void say(String what) {
        System.out.printf("[%4d s] %s: %s%n", ChronoUnit.SECONDS.between(started, Instant.now()), benchmark, what);
    }

    /** Notes that all has been measured. */
    public void finish() {
        finished = Instant.now();
        machine.put("load after", Machine.load());
        save();
    }

    /** What it is until now. */
    public Results results() {
        return new Results(
                profile.word(),
                command,
                commit,
                started.truncatedTo(ChronoUnit.SECONDS).toString(),
                finished == null
                        ? null
                        : finished.truncatedTo(ChronoUnit.SECONDS).toString(),
                machine,
                versions,
                seconds,
                List.copyOf(measurements),
                List.copyOf(failures));
    }

    private void save() {
        try {
            if (file.getParent() != null) {
                Files.createDirectories(file.getParent());
            }
            // a reader, and a run that is killed, never leave half of it
            Path next = file.resolveSibling(file.getFileName() + ".next");
            JSON.writeValue(next.toFile(), results());
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads what a run has written. */
    public static Results read(Path file) throws IOException {
        return JSON.readValue(file.toFile(), Results.class);
    }
}
