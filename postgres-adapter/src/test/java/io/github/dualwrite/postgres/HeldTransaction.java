package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.HeldWrite;
import io.github.dualwrite.testkit.Sample;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/** A save inside an open transaction. */
final class HeldTransaction implements HeldWrite {

    private final DataSource dataSource;
    private final Connection connection;
    private final int backend;
    private final VersionedRecord<String, Sample> saved;

    HeldTransaction(DataSource dataSource, Authority<String, Sample> authority, Sample value) {
        this.dataSource = dataSource;
        try {
            connection = dataSource.getConnection();
            connection.setAutoCommit(false);
            backend = number(connection, "SELECT pg_backend_pid()");
            saved = authority
                    .joining(JdbcTransaction.withoutHook(connection))
                    .orElseThrow()
                    .save(value);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int number(Connection connection, String sql) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql);
                ResultSet row = select.executeQuery()) {
            row.next();
            return row.getInt(1);
        }
    }

    @Override
    public boolean blocksAnother() {
        try (Connection observer = dataSource.getConnection()) {
            return number(
                            observer,
                            "SELECT count(*) FROM pg_stat_activity WHERE " + backend + " = ANY (pg_blocking_pids(pid))")
                    > 0;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public VersionedRecord<String, Sample> release() {
        try {
            connection.commit();
            return saved;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void abandon() {
        try {
            if (!connection.isClosed()) {
                connection.rollback();
                connection.setAutoCommit(true);
                connection.close();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
