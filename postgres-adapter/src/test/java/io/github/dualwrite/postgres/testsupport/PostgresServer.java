package io.github.dualwrite.postgres.testsupport;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.apache.commons.io.FileUtils;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/**
 * One PostgreSQL server for all tests of a JVM: in a container where a Docker engine answers, otherwise embedded. Each call of
 * {@link #newDatabase} gives an empty database.
 */
public final class PostgresServer {

    private static final Logger log = LoggerFactory.getLogger(PostgresServer.class);
    private static final AtomicInteger DATABASES = new AtomicInteger();

    /**
     * Where the files of an embedded server are if they need not survive: each database is three hundred of them, and a file system on a disk is slow in
     * creating files where many have just been deleted.
     */
    private static final Path MEMORY = Path.of("/dev/shm");

    private static final long ROOM = 8L << 30;

    private static final String PREFIX = "dualwrite-postgres-";

    private final String host;
    private final int port;

    /** Makes databases; a connection costs the server as much as one of them. */
    private final Connection maker;

    private PostgresServer(String host, int port) {
        this.host = host;
        this.port = port;
        try {
            maker = dataSource("postgres").getConnection();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Holder {
        static final PostgresServer SERVER = start();
    }

    /** The server; started by the first call. */
    public static PostgresServer shared() {
        return Holder.SERVER;
    }

    private static PostgresServer start() {
        if (DockerClientFactory.instance().isDockerAvailable()) {
            log.info("tests run on PostgreSQL in a container");
            return container();
        }
        log.info("no Docker engine answers: tests run on embedded PostgreSQL");
        try {
            // embedded servers are not durable unless told; measurements want one that is. Autovacuum looks at each
            // database in turn, and
            // of hundreds at several in a second, with a process each
            boolean toTheDisk = Boolean.getBoolean("dualwrite.postgres.durable");
            String durable = toTheDisk ? "on" : "off";
            EmbeddedPostgres server = EmbeddedPostgres.builder()
                    .setDataDirectory(toTheDisk ? Files.createTempDirectory(PREFIX) : scratch())
                    .setServerConfig("max_connections", "200")
                    .setServerConfig("fsync", durable)
                    .setServerConfig("full_page_writes", durable)
                    .setServerConfig("synchronous_commit", durable)
                    .setServerConfig("autovacuum", durable)
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server)));
            return new PostgresServer("localhost", server.getPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A directory in memory where there is room; what JVMs left behind that were killed is removed. */
    private static Path scratch() throws IOException {
        if (!Files.isWritable(MEMORY) || Files.getFileStore(MEMORY).getUsableSpace() < ROOM) {
            return Files.createTempDirectory(PREFIX);
        }
        try (DirectoryStream<Path> others = Files.newDirectoryStream(MEMORY, PREFIX + "*-*")) {
            for (Path other : others) {
                String process = other.getFileName().toString().substring(PREFIX.length());
                if (ProcessHandle.of(Long.parseLong(process.substring(0, process.indexOf('-'))))
                        .isEmpty()) {
                    boolean unused = FileUtils.deleteQuietly(other.toFile()); // two may be at it
                }
            }
        }
        return Files.createTempDirectory(
                MEMORY, PREFIX + ProcessHandle.current().pid() + "-");
    }

    @SuppressWarnings("resource") // ends with the JVM
    private static PostgresServer container() {
        GenericContainer<?> container = new GenericContainer<>("postgres:18")
                .withEnv("POSTGRES_HOST_AUTH_METHOD", "trust")
                .withCommand("postgres", "-c", "max_connections=200")
                .withExposedPorts(5432)
                .waitingFor(Wait.forLogMessage(".*ready to accept connections.*\\s", 2));
        container.start();
        return new PostgresServer(container.getHost(), container.getMappedPort(5432));
    }

    private static void stop(EmbeddedPostgres server) {
        try {
            server.close();
        } catch (IOException e) {
            log.debug("server was not stopped cleanly", e);
        }
    }

    /** The server's version, such as 18. */
    public int majorVersion() {
        try {
            return maker.getMetaData().getDatabaseMajorVersion();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The server's host. */
    public String host() {
        return host;
    }

    /** The server's port. */
    public int port() {
        return port;
    }

    /** Creates an empty database and returns its name. */
    public String newDatabaseName() {
        String name = "test_" + DATABASES.incrementAndGet();
        try (Statement statement = maker.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return name;
    }

    /** Creates an empty database and returns a way to it, as superuser, without a pool. */
    public DataSource newDatabase() {
        return dataSource(newDatabaseName());
    }

    /** A way to a database, as superuser, without a pool. */
    public PGSimpleDataSource dataSource(String database) {
        return dataSource(database, host, port);
    }

    /** A way to a database of this server through another address, for instance a proxy. */
    public static PGSimpleDataSource dataSource(String database, String host, int port) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {host});
        source.setPortNumbers(new int[] {port});
        source.setDatabaseName(database);
        source.setUser("postgres");
        return source;
    }

    /** Runs statements. */
    public static void execute(DataSource source, String... statements) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
