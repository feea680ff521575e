package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.RecordNotFoundException;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What defaults and {@code BEFORE} triggers of the table do to records that are there already. */
class RowTriggersTest {

    record Order(long id, String status, @Nullable Instant createdAt) {}

    private HikariDataSource database;

    @BeforeEach
    void createTable() {
        database = FollowerGround.database("""
                CREATE TABLE orders (
                    id bigint PRIMARY KEY, status text, created_at timestamptz DEFAULT clock_timestamp(),
                    note text DEFAULT 'unmapped')""");
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Authority<Long, Order> open() {
        return PostgresStore.of(
                        database,
                        TableMapping.ofRecord(Order.class, Long.class)
                                .table("orders")
                                .key("id")
                                .generated("createdAt")
                                .build())
                .openAuthority(new StoreContext("orders", Duration.ZERO));
    }

    private void beforeInsert(String table) {
        PostgresServer.execute(
                database,
                "CREATE FUNCTION begin_new() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$ BEGIN NEW.status := 'new'; RETURN NEW; END $$",
                "CREATE TRIGGER begin_new BEFORE INSERT ON " + table + " FOR EACH ROW EXECUTE FUNCTION begin_new()");
    }

    private void suppressRedundantUpdates() {
        PostgresServer.execute(
                database,
                "CREATE TRIGGER same BEFORE UPDATE ON orders FOR EACH ROW"
                        + " EXECUTE FUNCTION suppress_redundant_updates_trigger()");
    }

    @Test
    void aCreateThatATriggerSuppressesIsNotTakenForAKeyThatIsThere() {
        PostgresServer.execute(
                database,
                "CREATE FUNCTION keep_away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
                "CREATE TRIGGER keep_away BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.status = 'kept away')"
                        + " EXECUTE FUNCTION keep_away()");
        Authority<Long, Order> authority = open();
        authority.create(new Order(1, "a", null));

        assertThatThrownBy(() -> authority.create(new Order(2, "kept away", null)))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("suppresses");
        assertThatThrownBy(() -> authority.create(new Order(1, "b", null))).isInstanceOf(RecordExistsException.class);
        assertThat(authority.queue().statistics().depth()).isEqualTo(1);
    }

    @Test
    void aGeneratedColumnThatIsNullInTheRecordKeepsWhatIsStored() {
        Authority<Long, Order> authority = open();
        Instant first = authority.save(new Order(1, "a", null)).value().createdAt();
        assertThat(first).isNotNull();

        assertThat(authority.save(new Order(1, "b", null)).value()).isEqualTo(new Order(1, "b", first));
        assertThat(authority.saveAll(List.of(new Order(1, "c", null), new Order(2, "c", Instant.EPOCH))))
                .hasSize(2);
        assertThat(authority.read(1L)).contains(new Order(1, "c", first));
        assertThat(authority.saveAll(List.of(new Order(1, "d", Instant.EPOCH), new Order(2, "d", null))))
                .hasSize(2);
        assertThat(authority.readAll(List.of(1L, 2L)))
                .containsValues(new Order(1, "d", Instant.EPOCH), new Order(2, "d", Instant.EPOCH));
        assertThat(authority
                        .save(new Order(1, "e", Instant.EPOCH.plusSeconds(1)))
                        .value()
                        .createdAt())
                .isEqualTo(Instant.EPOCH.plusSeconds(1));
    }

    record Placed(
            String tenant,
            long number,
            String text,
            @Nullable Instant createdAt) {}

    record Place(String tenant, long number) {}

    @Test
    void theSameGoesForKeysOfSeveralColumns() {
        PostgresServer.execute(database, """
                CREATE TABLE placed (
                    tenant text, number bigint, text text, created_at timestamptz DEFAULT clock_timestamp(),
                    PRIMARY KEY (tenant, number))""");
        Authority<Place, Placed> authority = PostgresStore.of(
                        database,
                        TableMapping.ofRecord(Placed.class, Place.class)
                                .table("placed")
                                .key("tenant", "number")
                                .generated("createdAt")
                                .build())
                .openAuthority(new StoreContext("placed", Duration.ZERO));
        Instant first = authority.save(new Placed("a", 1, "x", null)).value().createdAt();

        assertThat(authority.saveAll(List.of(new Placed("a", 1, "y", null), new Placed("a", 2, "y", Instant.EPOCH))))
                .hasSize(2);

        assertThat(authority.read(new Place("a", 1))).contains(new Placed("a", 1, "y", first));
    }

    @Test
    void whatATriggerDoesToNewRecordsIsNotDoneToOneThatIsSavedAgain() {
        beforeInsert("orders");
        Authority<Long, Order> authority = open();
        Order created = authority.save(new Order(1, "paid", null)).value();
        assertThat(created.status()).isEqualTo("new");

        assertThat(authority.save(new Order(1, "paid", null)).value())
                .isEqualTo(new Order(1, "paid", created.createdAt()));
        assertThat(authority.read(1L)).contains(new Order(1, "paid", created.createdAt()));
    }

    @Test
    void norIfTheTriggerIsThatOfAPartition() {
        PostgresServer.execute(
                database,
                "DROP TABLE orders",
                "CREATE TABLE orders (id bigint PRIMARY KEY, status text, created_at timestamptz DEFAULT now())"
                        + " PARTITION BY RANGE (id)",
                "CREATE TABLE orders_low PARTITION OF orders FOR VALUES FROM (0) TO (1000)");
        beforeInsert("orders_low");
        Authority<Long, Order> authority = open();
        authority.save(new Order(1, "paid", null));

        assertThat(authority.save(new Order(1, "paid", null)).value().status()).isEqualTo("paid");
    }

    private static void suppressed(ThrowingCallable call, String key) {
        assertThatThrownBy(call)
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("nothing was written")
                .hasMessageContaining("of key " + key + " on ");
    }

    private static void suppressed(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("trigger")
                .hasMessageMatching(".* of (key 1|3 keys \\(1, 2, 3\\)) on .*");
    }

    @Test
    void anUpdateThatATriggerSuppressesIsNotSaidToHaveFoundNoRecord() {
        Authority<Long, Order> authority = open();
        authority.save(new Order(1, "a", Instant.EPOCH));
        PostgresServer.execute(database, "DELETE FROM dualwrite.pending_write");
        suppressRedundantUpdates();

        suppressed(() -> authority.update(new Order(1, "a", Instant.EPOCH)));
        suppressed(() -> authority.save(new Order(1, "a", Instant.EPOCH)));
        suppressed(() -> authority.saveAll(List.of(new Order(1, "a", Instant.EPOCH))));
        assertThatThrownBy(() -> authority.update(new Order(2, "a", Instant.EPOCH)))
                .isInstanceOf(RecordNotFoundException.class);
        assertThat(authority.queue().pendingAmong(List.of(1L, 2L))).isEmpty();
        assertThat(authority.update(new Order(1, "b", Instant.EPOCH)).value().status())
                .isEqualTo("b");
    }

    /** As tables do that were partitioned by a trigger. */
    private void storeElsewhere() {
        PostgresServer.execute(
                database,
                "CREATE TABLE old_orders (id bigint PRIMARY KEY, status text)",
                "CREATE FUNCTION store_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.status <> 'old' THEN"
                        + " RETURN NEW; END IF; INSERT INTO old_orders VALUES (NEW.id, NEW.status); RETURN NULL; END $$",
                "CREATE TRIGGER store_elsewhere BEFORE INSERT OR UPDATE ON orders FOR EACH ROW"
                        + " EXECUTE FUNCTION store_elsewhere()");
    }

    @Test
    @Tag("DW-1")
    void whatATriggerDoesInsteadOfAWriteIsUndone() {
        storeElsewhere();
        Authority<Long, Order> authority = open();
        authority.save(new Order(1, "a", Instant.EPOCH));
        PostgresServer.execute(database, "DELETE FROM dualwrite.pending_write");

        suppressed(() -> authority.save(new Order(1, "old", Instant.EPOCH)));
        suppressed(() -> authority.update(new Order(1, "old", Instant.EPOCH)));
        suppressed(() -> authority.create(new Order(2, "old", Instant.EPOCH)), "2");
        suppressed(() -> authority.save(new Order(2, "old", Instant.EPOCH)), "2");
        suppressed(() -> authority.saveAll(List.of(new Order(2, "old", Instant.EPOCH))), "2");
        suppressed(() -> authority.saveAll(List.of(new Order(1, "old", Instant.EPOCH))), "1");
        // of a record that is there already no trigger hears
        assertThatThrownBy(() -> authority.create(new Order(1, "old", Instant.EPOCH)))
                .isInstanceOf(RecordExistsException.class);
        assertThatThrownBy(() -> authority.update(new Order(2, "old", Instant.EPOCH)))
                .isInstanceOf(RecordNotFoundException.class);

        assertThat(FollowerGround.number(database, "SELECT count(*) FROM old_orders"))
                .isZero();
        assertThat(authority.queue().statistics().depth()).isZero();
        assertThat(authority.read(1L)).contains(new Order(1, "a", Instant.EPOCH));
        assertThat(authority.create(new Order(2, "b", null)).value().createdAt())
                .isNotNull();
        assertThat(authority.update(new Order(2, "c", Instant.EPOCH)).value())
                .isEqualTo(new Order(2, "c", Instant.EPOCH));
        assertThat(authority.save(new Order(2, "d", null)).value()).isEqualTo(new Order(2, "d", Instant.EPOCH));
        assertThat(authority.queue().pendingAmong(List.of(1L, 2L))).containsOnly(2L);
    }

    /** Also where the trigger itself makes of an insert what the statement would have made of it. */
    @Test
    @Tag("DW-1")
    void whatATriggerUpdatesInsteadOfEveryRecordOfASaveOfManyIsUndone() throws Exception {
        PostgresServer.execute(
                database,
                "CREATE FUNCTION upsert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " UPDATE orders SET status = NEW.status, created_at = NEW.created_at WHERE id = NEW.id;"
                        + " IF FOUND THEN RETURN NULL; END IF; RETURN NEW; END $$",
                "CREATE TRIGGER upsert BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION upsert()");
        Authority<Long, Order> authority = open();
        List<Order> first = List.of(new Order(1, "a", Instant.EPOCH), new Order(2, "a", Instant.EPOCH));
        assertThat(authority.saveAll(first)).hasSize(2);
        PostgresServer.execute(database, "DELETE FROM dualwrite.pending_write");
        List<Order> second = List.of(new Order(1, "b", Instant.EPOCH), new Order(2, "b", Instant.EPOCH));

        assertThatThrownBy(() -> authority.saveAll(second))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("nothing was written");
        assertThatThrownBy(() -> JdbcTransaction.run(database, tx -> {
                    AuthorityWrites<Long, Order> joined = authority.joining(tx).orElseThrow();
                    VersionedRecord<Long, Order> saved = joined.save(new Order(3, "b", Instant.EPOCH));
                    assertThatThrownBy(() -> joined.saveAll(second)).isInstanceOf(PermanentStoreException.class);
                    return saved; // an error of the server has ended the transaction
                }))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("its error was swallowed");

        assertThat(authority.readAll(List.of(1L, 2L, 3L)).values()).containsExactlyInAnyOrderElementsOf(first);
        assertThat(authority.queue().statistics().depth()).isZero();
    }

    record Ticket(@Nullable Long id, String text) {}

    @Test
    @Tag("DW-1")
    void soIsWhatATriggerDoesInsteadOfEveryRecordWhoseKeyIsToBeGenerated() {
        PostgresServer.execute(
                database,
                "CREATE TABLE ticket (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, text text)",
                "CREATE TABLE log (text text)",
                "CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " INSERT INTO log VALUES (NEW.text); RETURN NULL; END $$",
                "CREATE TRIGGER log BEFORE INSERT ON ticket FOR EACH ROW EXECUTE FUNCTION log()");
        Authority<Long, Ticket> authority = PostgresStore.of(
                        database,
                        TableMapping.ofRecord(Ticket.class, Long.class)
                                .table("ticket")
                                .key("id")
                                .generated("id")
                                .build())
                .openAuthority(new StoreContext("tickets", Duration.ZERO));

        assertThatThrownBy(() -> authority.saveAll(List.of(new Ticket(null, "a"), new Ticket(7L, "b"))))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("nothing was written");

        assertThat(FollowerGround.number(database, "SELECT count(*) FROM log")).isZero();
        assertThat(authority.queue().statistics().depth()).isZero();
    }

    /** Neither is an error of the server, which would end the transaction. */
    @Test
    void aRecordThatIsThereOrNotLeavesATransactionOfTheCallerUsable() throws Exception {
        storeElsewhere();
        Authority<Long, Order> authority = open();
        authority.save(new Order(1, "a", Instant.EPOCH));
        JdbcTransaction.run(database, tx -> {
            AuthorityWrites<Long, Order> joined = authority.joining(tx).orElseThrow();
            assertThatThrownBy(() -> joined.create(new Order(1, "b", null))).isInstanceOf(RecordExistsException.class);
            assertThatThrownBy(() -> joined.update(new Order(2, "b", null)))
                    .isInstanceOf(RecordNotFoundException.class);
            return joined.save(new Order(3, "c", null));
        });
        assertThat(authority.read(3L)).isPresent();
    }

    /** The one that came first had not committed when the statement began. */
    @Test
    void aCreateThatLosesARaceSaysThatThereIsARecord() throws Exception {
        storeElsewhere();
        Authority<Long, Order> authority = open();
        try (Connection other = database.getConnection()) {
            other.setAutoCommit(false);
            CaptureGround.execute(other, "INSERT INTO orders (id, status) VALUES (1, 'other')");
            CompletableFuture<?> create =
                    CompletableFuture.supplyAsync(() -> authority.create(new Order(1, "a", null)));
            FollowerGround.awaitBlocked(database, 1);
            other.commit();
            assertThatThrownBy(create::get).hasCauseInstanceOf(RecordExistsException.class);
            other.setAutoCommit(true);
        }
        assertThat(authority.queue().statistics().depth()).isZero();
    }

    private void markAsDeleted() {
        PostgresServer.execute(
                database,
                "CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.note = 'deletable' THEN"
                        + " RETURN OLD; END IF; UPDATE orders SET status = 'deleted' WHERE id = OLD.id; RETURN NULL; END $$",
                "CREATE TRIGGER mark BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION mark()");
    }

    @Test
    @Tag("DW-1")
    void aDeleteOutOfWhichATriggerMakesAnUpdateIsRefusedAndChangesNothing() {
        markAsDeleted();
        Authority<Long, Order> authority = open();
        authority.saveAll(List.of(new Order(1, "a", Instant.EPOCH), new Order(2, "a", Instant.EPOCH)));
        PostgresServer.execute(
                database, "UPDATE orders SET note = 'deletable' WHERE id = 2", "DELETE FROM dualwrite.pending_write");

        for (ThrowingCallable delete :
                List.<ThrowingCallable>of(() -> authority.delete(1L), () -> authority.deleteAll(List.of(1L, 2L, 3L)))) {
            assertThatThrownBy(delete)
                    .isInstanceOf(PermanentStoreException.class)
                    .hasMessageContaining("nothing was changed")
                    .hasMessageContaining("map the column that it sets");
        }

        assertThat(authority.readAll(List.of(1L, 2L)))
                .containsValues(new Order(1, "a", Instant.EPOCH), new Order(2, "a", Instant.EPOCH));
        assertThat(authority.queue().statistics().depth()).isZero();
        assertThat(authority.delete(3L)).isEmpty();
        assertThat(authority.deleteAll(List.of(3L))).isEmpty();
        assertThat(authority.delete(2L)).isPresent();
        authority.save(new Order(2, "b", Instant.EPOCH));
        PostgresServer.execute(database, "UPDATE orders SET note = 'deletable'");
        assertThat(authority.deleteAll(List.of(1L, 2L, 3L)))
                .extracting(VersionedRecord::key)
                .containsExactlyInAnyOrder(1L, 2L);
        assertThat(authority.queue().pendingAmong(List.of(1L, 2L, 3L))).containsOnly(1L, 2L);
    }

    @Test
    void aSaveOfManyIsAllOrNoneThoughATriggerSuppressesOne() {
        open().saveAll(List.of(new Order(1, "a", Instant.EPOCH), new Order(2, "a", Instant.EPOCH)));
        PostgresServer.execute(database, "DELETE FROM dualwrite.pending_write");
        suppressRedundantUpdates();
        Authority<Long, Order> authority = open();

        suppressed(() -> authority.saveAll(List.of(
                new Order(1, "a", Instant.EPOCH), new Order(2, "b", Instant.EPOCH), new Order(3, "b", Instant.EPOCH))));

        assertThat(authority.readAll(List.of(1L, 2L, 3L)))
                .containsOnlyKeys(1L, 2L)
                .containsValues(new Order(1, "a", Instant.EPOCH), new Order(2, "a", Instant.EPOCH));
        assertThat(authority.queue().pendingAmong(List.of(1L, 2L, 3L))).isEmpty();
        assertThat(authority.saveAll(List.of(new Order(1, "b", Instant.EPOCH), new Order(3, "b", Instant.EPOCH))))
                .hasSize(2);
    }

    @Test
    void ifTheTriggerIsNewerThanTheRepositoryThatIsSaidAtLeast() {
        Authority<Long, Order> authority = open();
        authority.saveAll(List.of(new Order(1, "a", Instant.EPOCH), new Order(2, "a", Instant.EPOCH)));
        suppressRedundantUpdates();

        assertThatThrownBy(() ->
                        authority.saveAll(List.of(new Order(1, "a", Instant.EPOCH), new Order(2, "b", Instant.EPOCH))))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("is committed, but only for 1 of 2 records")
                .hasMessageContaining("trigger");
    }

    /** The old key would be neither in the table nor pending: the secondary would keep its record for ever. */
    @Test
    @Tag("DW-1")
    void aWriteWhoseKeyATriggerMovesIsRefusedAndChangesNothing() {
        Authority<Long, Order> before = open();
        before.saveAll(List.of(new Order(1, "a", Instant.EPOCH), new Order(2, "a", Instant.EPOCH)));
        PostgresServer.execute(
                database,
                "DELETE FROM dualwrite.pending_write",
                "CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$ BEGIN IF NEW.status = 'moves' THEN NEW.id := NEW.id + 100; END IF; RETURN NEW; END $$",
                "CREATE TRIGGER move BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION move()");
        Authority<Long, Order> authority = open();
        Order moves = new Order(1, "moves", Instant.EPOCH);

        for (ThrowingCallable write : List.<ThrowingCallable>of(
                () -> authority.update(moves),
                () -> authority.save(moves),
                () -> authority.saveAll(List.of(new Order(2, "b", Instant.EPOCH), moves)))) {
            assertThatThrownBy(write)
                    .isInstanceOf(PermanentStoreException.class)
                    .hasMessageContaining("nothing was written")
                    .hasMessageContaining("gives")
                    .hasMessageContaining("another key");
        }

        assertThat(authority.queue().statistics().depth()).isZero();
        assertThat(authority.readAll(List.of(1L, 2L, 101L)))
                .containsOnlyKeys(1L, 2L)
                .containsValues(new Order(1, "a", Instant.EPOCH), new Order(2, "a", Instant.EPOCH));
        assertThat(authority.update(new Order(1, "b", null)).value().status()).isEqualTo("b");
        assertThat(authority.save(new Order(1, "c", null)).value().status()).isEqualTo("c");
        assertThat(authority.save(new Order(3, "moves", null)).key()).isEqualTo(3);
        assertThat(authority.saveAll(List.of(new Order(1, "d", null), new Order(4, "moves", null))))
                .hasSize(2);
        assertThat(authority.queue().pendingAmong(List.of(1L, 2L, 3L, 4L))).containsOnly(1L, 3L, 4L);
        PostgresServer.execute(database, "DELETE FROM dualwrite.pending_write");
        assertThat(before.update(moves).key())
                .as("by who is older than the trigger")
                .isEqualTo(101);
        assertThat(before.queue().pendingAmong(List.of(1L, 101L))).containsOnly(101L);
    }
}
