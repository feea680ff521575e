package io.github.dualwrite.examples.benchmarks;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;

/** Seconds of the processors that this process and the server have used so far. On a busy machine they say more than the clock. */
record ProcessorTime(double client, double server) {

    /** The server's part is 0 if it does not run on this machine. */
    static ProcessorTime now(DataSource server) throws SQLException {
        double servers = 0;
        try (Connection connection = server.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pid FROM pg_stat_activity")) {
            while (row.next()) {
                servers += ProcessHandle.of(row.getLong(1))
                        .map(ProcessHandle::info)
                        .filter(info -> info.command().orElse("").contains("postgres"))
                        .flatMap(ProcessHandle.Info::totalCpuDuration)
                        .map(ProcessorTime::seconds)
                        .orElse(0.0);
            }
        }
        Optional<Duration> own = ProcessHandle.current().info().totalCpuDuration();
        return new ProcessorTime(own.map(ProcessorTime::seconds).orElse(0.0), servers);
    }

    ProcessorTime since(ProcessorTime before) {
        return new ProcessorTime(client - before.client, server - before.server);
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}
