package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.postgres.testsupport.PostgresPool;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What docs/operations.md says of a pool with auto-commit off that others rely on. */
class SpringAutoCommitTest {

    record Customer(Long id, String name) {}

    private static final Customer ADA = new Customer(1L, "Ada");

    private final DataSource server = PostgresServer.shared().newDatabase();
    private HikariDataSource pool;
    private DataSource dataSource;
    private TestRepository<Long, Customer> test;

    /** The snippet of the page. */
    static final class AutoCommitOutsideTransactions extends TransactionAwareDataSourceProxy {

        AutoCommitOutsideTransactions(DataSource pool) {
            super(pool);
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            if (!TransactionSynchronizationManager.isActualTransactionActive()) {
                connection.setAutoCommit(true);
            }
            return connection;
        }
    }

    @BeforeEach
    void open() throws SQLException {
        DualwriteSchema.defaults().install(server);
        PostgresServer.execute(server, "CREATE TABLE customers (id bigint PRIMARY KEY, name text)");
        HikariConfig config = PostgresPool.config(server, 8);
        config.setAutoCommit(false);
        pool = new HikariDataSource(config);
        dataSource = new AutoCommitOutsideTransactions(pool);
        test = new TestRepository<>(
                InMemoryStore.keyedBy(Customer::id),
                PostgresStore.of(
                        dataSource,
                        TableMapping.ofRecord(Customer.class, Long.class)
                                .table("customers")
                                .key("id")
                                .build()),
                Duration.ofMinutes(1));
    }

    @AfterEach
    void close() {
        test.close();
        pool.close();
    }

    private void everyConnectionComesBack() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
    }

    private long rows() {
        return FollowerGround.number(server, "SELECT count(*) FROM customers");
    }

    @Test
    void theSnippetOfThePageIsTheOneOfThisTest() throws IOException {
        String snippet = OperationsPage.section("### Spring").block("AutoCommitOutsideTransactions");
        String source =
                Files.readString(Path.of("src/test/java/io/github/dualwrite/postgres/SpringAutoCommitTest.java"));

        assertThat(dense(source)).contains(dense(snippet));
    }

    private static String dense(String code) {
        return code.replaceAll("(?m)//.*$", "").replaceAll("\\s", "");
    }

    @Test
    void outsideOfATransactionAWriteCommitsByItselfAndThePoolStaysAsOthersNeedIt() throws SQLException {
        test.repository.save(ADA);

        assertThat(rows()).isEqualTo(1);
        assertThat(test.repository.read(1L)).contains(ADA);
        assertThat(test.follower.records()).isEqualTo(Map.of(1L, ADA));
        everyConnectionComesBack();
        try (Connection connection = pool.getConnection()) {
            assertThat(connection.getAutoCommit()).isFalse();
        }
    }

    @Test
    void insideATransactionNothingIsCommittedThatTheCallerDoesNotCommit() {
        TransactionTemplate transaction = new TransactionTemplate(new DataSourceTransactionManager(pool));

        transaction.executeWithoutResult(status -> {
            assertThatThrownBy(() -> test.repository.save(ADA))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("within(…)");
            test.repository
                    .within(JdbcTransaction.withoutHook(DataSourceUtils.getConnection(dataSource)))
                    .saveAll(List.of(ADA));
            status.setRollbackOnly();
        });
        assertThat(rows()).isZero();

        transaction.executeWithoutResult(status -> test.repository
                .within(JdbcTransaction.withoutHook(DataSourceUtils.getConnection(dataSource)))
                .saveAll(List.of(ADA)));
        assertThat(rows()).isEqualTo(1);
        everyConnectionComesBack();
    }
}
