package io.github.dualwrite.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.verify.CheckpointFile;
import io.github.dualwrite.verify.VerificationReport;
import io.github.dualwrite.verify.VerificationSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that verify are killed with SIGKILL, one after the other; the last one reports what a single one would have. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class KilledVerificationTest {

    private static final int ROWS = 3_000;
    private static final int KILLS = 4;
    private static final int KILLED = 137; // 128 + SIGKILL

    /** Of both sides together: so slow that a process is killed long before it is through. */
    private static final double ROWS_PER_SECOND = 1_000;

    private final HikariDataSource from = PostgresSides.database();
    private final HikariDataSource to = PostgresSides.database();

    @AfterEach
    void close() {
        from.close();
        to.close();
    }

    @Test
    @Tag("DW-7")
    void whereverItIsKilledTheNextProcessGoesOnAndFindsExactlyWhatDiffers(@TempDir Path folder) throws Exception {
        long seed = Long.getLong("dualwrite.kill.seed", System.nanoTime());
        System.out.println("verification killed with seed " + seed);
        Random random = new Random(seed);
        for (HikariDataSource side : List.of(from, to)) {
            PostgresServer.execute(
                    side,
                    "INSERT INTO sample SELECT 'key ' || i, 'text ' || i, i FROM generate_series(1, " + ROWS + ") AS i",
                    "ANALYZE sample");
        }
        PostgresServer.execute(
                to,
                "UPDATE sample SET number = -1 WHERE id = 'key 30'",
                "DELETE FROM sample WHERE id IN ('key 500', 'key 2500')",
                "INSERT INTO sample VALUES ('extra', 'by hand', 1)");
        Path file = folder.resolve("checkpoint");

        String last = "";
        for (int kill = 0; kill < KILLS; kill++) {
            Process process = TestJvm.start(
                    KilledVerificationTest.class,
                    List.of(
                            PostgresServer.shared().host(),
                            Integer.toString(PostgresServer.shared().port()),
                            name(from),
                            name(to),
                            file.toString()));
            int code;
            try {
                awaitAnotherThan(last, file, process);
                LockSupport.parkNanos(random.nextInt(200_000_000));
            } finally {
                code = process.destroyForcibly().waitFor();
            }
            assertThat(code).as("killed before it was through").isEqualTo(KILLED);
            last = Files.readString(file);
        }
        VerificationReport<String> report = verify(from, to, file, Double.POSITIVE_INFINITY);

        assertThat(report.runs()).as(report.text()).isEqualTo(KILLS + 1);
        assertThat(report.different()).as(report.text()).isEqualTo(1);
        assertThat(report.fields()).isEqualTo(Map.of("number", 1L));
        assertThat(report.missing()).isEqualTo(2);
        assertThat(report.extra()).isEqualTo(1);
        assertThat(report.matching()).isEqualTo(ROWS - 3);
        assertThat(report.authorityRows()).isEqualTo(ROWS);
        assertThat(report.followerRows()).isEqualTo(ROWS - 1);
        assertThat(report.notCovered()).isEmpty();
        assertThat(file).doesNotExist();
    }

    /** A checkpoint that this process has written itself, so that it counts as a run. */
    private static void awaitAnotherThan(String last, Path file, Process process)
            throws IOException, InterruptedException {
        while (true) {
            String now = Files.exists(file) ? Files.readString(file) : "";
            if (!now.isEmpty() && !now.equals(last)) {
                return;
            }
            if (process.waitFor(5, TimeUnit.MILLISECONDS)) {
                try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                    throw new AssertionError(
                            "the process has ended: " + out.lines().toList());
                }
            }
        }
    }

    private static String name(HikariDataSource pool) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            return connection.getCatalog();
        }
    }

    private static VerificationReport<String> verify(
            HikariDataSource from, HikariDataSource to, Path file, double rowsPerSecond) throws InterruptedException {
        try (DualWriteRepository<String, Sample> repository = DualWriteRepository.builder(
                        "accounts", PostgresSides.store(from), PostgresSides.store(to))
                .reconcileInBackground(false)
                .build()) {
            return repository
                    .verification(VerificationSettings.<String, Sample>builder()
                            .digestsInStores(false)
                            .pageSize(50)
                            .rowsPerSecond(rowsPerSecond)
                            .checkpointEvery(Duration.ofMillis(20))
                            .build())
                    .run(CheckpointFile.at(file));
        }
    }

    /** The process: verifies the databases with the two names on the server at host and port, with a checkpoint in the file. */
    public static void main(String[] args) throws Exception {
        try (HikariDataSource from = PostgresSides.database(args[0], args[1], args[2]);
                HikariDataSource to = PostgresSides.database(args[0], args[1], args[3])) {
            System.out.println(
                    verify(from, to, Path.of(args[4]), ROWS_PER_SECOND).text());
        }
    }
}
