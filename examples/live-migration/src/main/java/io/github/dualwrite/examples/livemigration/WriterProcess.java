package io.github.dualwrite.examples.livemigration;

import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The parent's view of {@link WriterProgram}: starts it, follows its journal, kills it, starts it again. For one thread. */
final class WriterProcess implements AutoCloseable {

    private static final int SECONDS_TO_END = 30;

    private final List<String> command = new ArrayList<>();
    private final @Nullable String password;
    private final Path file;
    private final Ledger ledger = new Ledger();
    private @Nullable Process process;
    private long position;
    private int kills;

    WriterProcess(
            Coordinates servers,
            InetSocketAddress relay,
            Path file,
            int owner,
            Existing existing,
            long seed,
            int rate) {
        this.file = file;
        ledger.existing(existing.of(owner), Existing.REVISION);
        this.password = servers.jdbcPassword();
        command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")); // it does not live long
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), WriterProgram.class.getName()));
        option("jdbc-url", servers.jdbcUrl());
        if (servers.jdbcUser() != null) {
            option("jdbc-user", servers.jdbcUser());
        }
        option("dynamodb-endpoint", servers.dynamoDb());
        option("region", servers.region());
        option("relay", relay.getPort());
        option("journal", file);
        option("owner", owner);
        option("seed", seed);
        option("rate", rate);
    }

    private void option(String name, Object value) {
        command.add("--" + name + "=" + value);
    }

    /** Starts it, for the first time or again. */
    void start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        if (password != null) {
            builder.environment().put(Options.PASSWORD_VARIABLE, password);
        }
        process = builder.start();
    }

    /** What it has been told up to now. */
    Ledger ledger() {
        if (file.toFile().exists()) {
            position = JournalFile.replay(file, position, ledger);
        }
        return ledger;
    }

    /** Whether it has ended although nobody wanted it to. */
    boolean endedByItself() {
        return process != null && !process.isAlive();
    }

    /** Kills it without a warning: SIGKILL, where there are signals. */
    void kill() throws InterruptedException {
        if (process == null || !process.isAlive()) {
            throw new IllegalStateException("the writer process ended by itself before it could be killed");
        }
        process.destroyForcibly().waitFor();
        kills++;
    }

    /** How often it was killed. */
    int kills() {
        return kills;
    }

    /** Lets it end. */
    void finish() throws IOException, InterruptedException {
        Process running = process;
        if (running == null) {
            return;
        }
        running.getOutputStream().close();
        if (!running.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the writer process did not end within " + SECONDS_TO_END + " s");
        }
        if (running.exitValue() != 0) {
            throw new IllegalStateException("the writer process ended with exit code " + running.exitValue());
        }
        process = null;
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
