package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.TransactionalWrites;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What docs/operations.md says of Spring. */
class SpringTest {

    record Customer(Long id, String name) {}

    private static final Customer ADA = new Customer(1L, "Ada");

    private HikariDataSource pool;
    private DataSource dataSource;
    private TransactionTemplate transaction;
    private TestRepository<Long, Customer> test;
    private DualWriteRepository<Long, Customer> customers;

    @BeforeEach
    void open() {
        pool = FollowerGround.database("CREATE TABLE customers (id bigint PRIMARY KEY, name text)");
        transaction = new TransactionTemplate(new DataSourceTransactionManager(pool));
        // a long grace: what arrives has not been brought by a deadline
        openOn(new TransactionAwareDataSourceProxy(pool), Duration.ofMinutes(1));
    }

    private void openOn(DataSource source, Duration grace) {
        openOn(source, grace, ReadRoute.primary());
    }

    private void openOn(DataSource source, Duration grace, ReadRoute route) {
        dataSource = source;
        test = new TestRepository<>(
                InMemoryStore.keyedBy(Customer::id), PostgresStore.of(source, mapping()), grace, route);
        customers = test.repository;
    }

    private static TableMapping<Long, Customer> mapping() {
        return TableMapping.ofRecord(Customer.class, Long.class)
                .table("customers")
                .key("id")
                .build();
    }

    @AfterEach
    void close() {
        test.close();
        pool.close();
    }

    /** The snippet of the page. */
    private TransactionalWrites<Long, Customer> within() {
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            throw new IllegalStateException("no transaction is running");
        }
        Connection connection = DataSourceUtils.getConnection(dataSource);
        TransactionalWrites<Long, Customer> within = customers.within(JdbcTransaction.withCompletion(
                connection,
                (committed, unknown) ->
                        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                            @Override
                            public void afterCompletion(int status) {
                                if (status == STATUS_COMMITTED) {
                                    committed.run();
                                } else if (status == STATUS_UNKNOWN) {
                                    unknown.run();
                                }
                            }
                        })));
        return within;
    }

    private long rows() {
        return FollowerGround.number(pool, "SELECT count(*) FROM customers");
    }

    private long pending() {
        return FollowerGround.number(pool, "SELECT count(*) FROM dualwrite.pending_write");
    }

    private void everyConnectionComesBack() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
    }

    @Test
    void theSnippetOfThePageIsTheOneOfThisTest() throws IOException {
        String snippet = OperationsPage.section("### Spring").block("DataSourceUtils");
        String source = Files.readString(Path.of("src/test/java/io/github/dualwrite/postgres/SpringTest.java"));
        int use = snippet.indexOf("within.save(");

        assertThat(use).isPositive();
        assertThat(dense(source)).contains(dense(snippet.substring(0, use)));
    }

    /** What was committed is brought to the secondary by other threads. */
    private void arrives(Customer customer) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> test.follower.records().equals(Map.of(customer.id(), customer)));
    }

    private static String dense(String code) {
        return code.replaceAll("(?m)//.*$", "").replaceAll("\\s", "");
    }

    @Test
    void aForgottenWithinIsRefusedAndNothingIsWritten() {
        transaction.executeWithoutResult(status -> {
            assertThatThrownBy(() -> customers.save(ADA))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("within(…)");
            assertThatThrownBy(() -> customers.saveAll(List.of(ADA))).isInstanceOf(ConfigurationException.class);
            assertThatThrownBy(() -> customers.delete(1L)).isInstanceOf(ConfigurationException.class);
        });

        assertThat(rows()).isZero();
        assertThat(pending()).isZero();
        assertThat(test.follower.records()).isEmpty();
        everyConnectionComesBack();
    }

    @Test
    void whatWouldCommitTheTransactionThatRunsIsRefused() {
        DualwriteSchema schema = DualwriteSchema.defaults();
        CaptureTrigger trigger = CaptureTrigger.of(schema, mapping(), "customers");

        transaction.executeWithoutResult(status -> {
            new JdbcTemplate(dataSource).update("INSERT INTO customers VALUES (2, 'by hand')");
            assertThatThrownBy(() -> JdbcTransaction.run(dataSource, own -> "committed"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("JdbcTransaction.of(…)");
            assertThatThrownBy(() -> schema.install(dataSource)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> trigger.install(dataSource, Duration.ofSeconds(5)))
                    .isInstanceOf(IllegalStateException.class);
            status.setRollbackOnly();
        });

        assertThat(rows()).isZero();
        everyConnectionComesBack();
    }

    @Test
    void outsideATransactionNoConnectionIsTaken() {
        assertThatThrownBy(this::within).isInstanceOf(IllegalStateException.class);

        everyConnectionComesBack();
    }

    @Test
    void behindAPlainPoolAForgottenWithinCommitsByItself() {
        test.close();
        openOn(pool, Duration.ofMinutes(1));

        transaction.executeWithoutResult(status -> {
            customers.save(ADA);
            status.setRollbackOnly();
        });

        assertThat(rows()).isEqualTo(1);
        assertThat(test.follower.records()).containsEntry(1L, ADA);
    }

    @Test
    void whatIsCommittedReachesTheSecondaryAfterTheCommitAndNotBefore() {
        transaction.executeWithoutResult(status -> {
            within().save(ADA);
            new JdbcTemplate(dataSource).update("INSERT INTO customers VALUES (2, 'by hand')");
            assertThat(test.follower.records()).isEmpty();
        });

        arrives(ADA);
        assertThat(rows()).isEqualTo(2);
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> pending() == 0);
        everyConnectionComesBack();
    }

    @Test
    @Tag("DW-1")
    void aRollbackLeavesNothingAnywhere() {
        transaction.executeWithoutResult(status -> {
            within().save(ADA);
            status.setRollbackOnly();
        });
        assertThatThrownBy(() -> transaction.executeWithoutResult(status -> {
                    within().save(ADA);
                    throw new IllegalStateException("the caller changes its mind");
                }))
                .isInstanceOf(IllegalStateException.class);

        assertThat(rows()).isZero();
        assertThat(pending()).isZero();
        assertThat(test.follower.records()).isEmpty();
        everyConnectionComesBack();
    }

    @Test
    void sqlOfOnesOwnTakesPartByNamingItsKeys() {
        customers.save(ADA);

        transaction.executeWithoutResult(status -> {
            new JdbcTemplate(dataSource).update("UPDATE customers SET name = 'Countess of Lovelace' WHERE id = 1");
            within().markPending(List.of(1L));
        });

        arrives(new Customer(1L, "Countess of Lovelace"));
    }

    @Test
    void theConnectionMayBeAskedOfThePoolToo() {
        DataSource proxy = dataSource;
        dataSource = pool;
        transaction.executeWithoutResult(status -> within().save(ADA));
        dataSource = proxy;

        arrives(ADA);
        everyConnectionComesBack();
    }

    /** The transaction's connection goes back only after its hooks: what they do needs another one, and they do not wait for it. */
    @Test
    void aCommitWaitsForNothingThatNeedsAnotherConnection() {
        test.close();
        pool.getHikariConfigMXBean().setMaximumPoolSize(1);
        pool.getHikariPoolMXBean().softEvictConnections();
        openOn(new TransactionAwareDataSourceProxy(pool), Duration.ofMinutes(1));
        long start = System.nanoTime();

        transaction.executeWithoutResult(status -> within().save(ADA));

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .as("of a deadline of 54 s")
                .isLessThan(Duration.ofSeconds(20));
        arrives(ADA);
    }

    @Test
    @Tag("DW-5")
    void aCommitWhoseAnswerIsLostIsReadFromThePrimary() {
        AtomicBoolean lost = new AtomicBoolean();
        DataSource losing = losingTheAnswerToACommit(lost);
        transaction = new TransactionTemplate(new DataSourceTransactionManager(losing));
        test.close();
        openOn(new TransactionAwareDataSourceProxy(losing), Duration.ofMinutes(1), ReadRoute.secondary());
        customers.save(ADA);
        Customer changed = new Customer(1L, "Countess of Lovelace");

        lost.set(true);
        assertThatThrownBy(() -> transaction.executeWithoutResult(status -> within().save(changed)))
                .isInstanceOf(TransactionSystemException.class);

        assertThat(test.follower.records()).containsEntry(1L, ADA);
        assertThat(customers.read(1L)).contains(changed);
    }

    private DataSource losingTheAnswerToACommit(AtomicBoolean lost) {
        return new DelegatingDataSource(pool) {
            @Override
            public Connection getConnection() throws SQLException {
                Connection real = super.getConnection();
                return (Connection) Proxy.newProxyInstance(
                        getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                            try {
                                Object result = method.invoke(real, arguments);
                                if (method.getName().equals("commit") && lost.get()) {
                                    throw new SQLException("the answer is lost", "08006");
                                }
                                return result;
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
            }
        };
    }

    /** What others registered before the first write runs before the library hears of the commit, and keeps later hooks from running if it throws. */
    @Test
    @Tag("DW-5")
    void whatRunsFirstAfterTheCommitReadsItAndMayThrow() {
        test.close();
        openOn(dataSource, Duration.ofMinutes(1), ReadRoute.secondary());
        customers.save(ADA);
        Customer changed = new Customer(1L, "Countess of Lovelace");
        List<Customer> seen = new ArrayList<>();

        assertThatThrownBy(() -> transaction.executeWithoutResult(status -> {
                    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                        @Override
                        public void afterCommit() {
                            seen.add(onAnotherConnection());
                            throw new IllegalStateException("of the application");
                        }
                    });
                    within().save(changed);
                }))
                .hasMessage("of the application");

        assertThat(seen).containsExactly(changed);
        assertThat(customers.read(1L)).contains(changed);
        arrives(changed);
    }

    private Customer onAnotherConnection() {
        return CompletableFuture.supplyAsync(() -> customers.read(1L).orElseThrow())
                .join();
    }

    @Test
    void outsideOfATransactionTheProxyIsLikeThePool() {
        assertThat(customers.save(ADA).pendingReason()).isEmpty();

        assertThat(customers.read(1L)).contains(ADA);
        assertThat(test.follower.records()).containsEntry(1L, ADA);
        everyConnectionComesBack();
    }

    @Test
    void aReadInsideATransactionIsRefusedUnlessItIsThatOfTheTransaction() {
        customers.save(ADA);

        transaction.executeWithoutResult(status -> {
            assertThatThrownBy(() -> customers.read(1L))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("within(…)");
            TransactionalWrites<Long, Customer> within = within();
            within.save(new Customer(1L, "Countess of Lovelace"));
            assertThat(within.read(1L)).contains(new Customer(1L, "Countess of Lovelace"));
        });

        assertThat(customers.read(1L)).contains(new Customer(1L, "Countess of Lovelace"));
    }

    @Test
    void soIsOneThatFallsBackToThePrimaryAndNotOneThatTheSecondaryAnswers() {
        InMemoryStore<Long, Customer> secondary = InMemoryStore.keyedBy(Customer::id);
        try (DualWriteRepository<Long, Customer> onSecondary = DualWriteRepository.builder(
                        "on-secondary", PostgresStore.of(dataSource, mapping()), secondary)
                .readRoute(ReadRoute.parse("secondary"))
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(30))
                .reconcileInBackground(false)
                .build()) {
            onSecondary.save(ADA);
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
                onSecondary.read(1L);
                return onSecondary.readStatistics().readsByFollower() > 0;
            });

            transaction.executeWithoutResult(status -> {
                assertThat(onSecondary.read(1L)).contains(ADA);
                assertThatThrownBy(() -> onSecondary.read(2L))
                        .as("a miss before the backfill is complete")
                        .isInstanceOf(ConfigurationException.class);
                TransactionTemplate suspended = new TransactionTemplate(transaction.getTransactionManager());
                suspended.setPropagationBehavior(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);
                suspended.executeWithoutResult(
                        none -> assertThat(onSecondary.read(2L)).isEmpty());
            });
        }
        everyConnectionComesBack();
    }
}
