package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.testkit.TcpProxy;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The driver's view of an {@link Instance}: one process after the other, with connections of its own to both stores that can be disturbed.
 * What it says goes to the journal. Safe for use by many threads.
 */
final class Child implements AutoCloseable {

    private static final int SECONDS_TO_END = 60;

    private final Role role;
    private final String name;
    private final long seed;
    private final Settings settings;
    private final Journal journal;
    private final Path log;
    private final String table;
    private final TcpProxy postgres;
    private final TcpProxy dynamoDb;
    private final List<Thread> ears = new ArrayList<>();
    private final Set<Process> ended = ConcurrentHashMap.newKeySet();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private @Nullable Process process;
    private int lives;
    private int kills;
    private int killsAtWork;
    private volatile boolean open;
    private volatile boolean readByFollower;

    Child(Role role, int number, Settings settings, Place straight, Journal journal, Path directory) {
        this.role = role;
        this.name = "p" + number;
        this.seed = settings.seed() * 100 + number;
        this.settings = settings;
        this.journal = journal;
        this.log = directory.resolve(name + ".log");
        this.table = straight.table();
        this.postgres = TcpProxy.of("127.0.0.1", straight.postgresPort());
        this.dynamoDb = TcpProxy.http("127.0.0.1", straight.dynamoDbPort());
    }

    /** Its way to one of the stores. */
    TcpProxy link(boolean toPostgres) {
        return toPostgres ? postgres : dynamoDb;
    }

    /** Starts it, for the first time or again, unless it runs: of two kills one after the other each wants to start it again. */
    synchronized void start() throws IOException {
        noticeDeath();
        if (alive()) {
            return;
        }
        lives++;
        open = false;
        Place place = new Place(postgres.address().getPort(), dynamoDb.address().getPort(), table);
        List<String> command = new ArrayList<>(
                List.of(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java"));
        command.addAll(List.of("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")); // it does not live long
        command.add("-Dlogback.configurationFile=logback.xml");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Instance.class.getName()));
        command.addAll(List.of(
                role.name(),
                name,
                "" + lives,
                "" + (seed * 100 + lives),
                "" + settings.rate(),
                "" + settings.old(),
                settings.sabotage().name()));
        command.addAll(place.arguments());
        Process started = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        process = started;
        Thread ear = new Thread(() -> listen(started), name + "-ear");
        ears.add(ear);
        ear.start();
    }

    private void listen(Process speaking) {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(speaking.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                journal.append(line);
                if (line.equals(new Line.Said(name, "open").text() + Line.END)) {
                    open = true;
                } else if (Line.parse(line).orElse(null) instanceof Line.Answered answered
                        && answered.byFollower() > 0) {
                    readByFollower = true;
                }
            }
        } catch (IOException e) {
            if (!ended.contains(speaking)) { // what it said last may be lost, and the driver is not to blame
                failures.add("could not be heard to the end: " + e);
            }
        }
    }

    /** Whether its repository is open. */
    boolean open() {
        return open;
    }

    /** Whether it has said that the follower answered a read. */
    boolean readByFollower() {
        return readByFollower;
    }

    /** Whether it runs. */
    synchronized boolean alive() {
        return process != null && process.isAlive();
    }

    /** Nobody but the driver ends a process, so one that is dead although the driver did not is a failure. */
    private void noticeDeath() {
        if (process != null && !process.isAlive()) {
            failures.add("ended by itself with exit code " + process.exitValue() + ", see " + log);
            process = null;
        }
    }

    /** Kills it without a warning; whether there was anything to kill. */
    synchronized boolean kill() throws InterruptedException {
        noticeDeath();
        if (process == null) {
            return false;
        }
        kills++;
        killsAtWork += open ? 1 : 0;
        open = false;
        ended.add(process);
        process.toHandle().destroyForcibly(); // Process itself would throw away what it has said
        process.waitFor();
        process = null;
        return true;
    }

    synchronized int kills() {
        return kills;
    }

    /** How many of them hit it when its repository was open. */
    synchronized int killsAtWork() {
        return killsAtWork;
    }

    /** Whether the signal was sent. */
    synchronized boolean stop() throws IOException, InterruptedException {
        return signal("STOP");
    }

    /** Whether the signal was sent. */
    synchronized boolean proceed() throws IOException, InterruptedException {
        return signal("CONT");
    }

    private boolean signal(String signal) throws IOException, InterruptedException {
        return process != null && process.isAlive() && Signals.send(signal, process.pid());
    }

    /** Tells it to end; see {@link #awaitEnd}. */
    synchronized void end() throws IOException {
        noticeDeath();
        if (process != null) {
            process.getOutputStream().close();
        }
    }

    /** What went wrong with it, in all its lives and in the end; nothing if each ended when the driver wished. */
    synchronized List<String> awaitEnd() throws InterruptedException {
        if (process == null) {
            failures.add("is not there in the end");
        } else if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
            failures.add("did not end within " + SECONDS_TO_END + " s");
            ended.add(process);
            process.destroyForcibly().waitFor();
        } else if (process.exitValue() != 0) {
            failures.add("ended with exit code " + process.exitValue() + ", see " + log);
        }
        for (Thread ear : ears) {
            ear.join(TimeUnit.SECONDS.toMillis(SECONDS_TO_END));
            if (ear.isAlive()) {
                failures.add("still speaks");
            }
        }
        return failures.stream()
                .map(failure -> role + " " + name + " " + failure)
                .toList();
    }

    @Override
    public synchronized void close() {
        if (process != null) {
            ended.add(process);
            process.destroyForcibly();
        }
        postgres.close();
        dynamoDb.close();
    }
}
