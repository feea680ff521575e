package io.github.dualwrite.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class InMemoryStoreTest {

    private record Customer(@Nullable String id, String name) {}

    private static final StoreContext CONTEXT = new StoreContext("memory", Duration.ofSeconds(5));

    @Test
    void timeIsTheClocks() {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
        InMemoryStore<String, Sample> store = InMemoryStore.keyedBy(Sample::id, now::get);
        Authority<String, Sample> authority = store.openAuthority(CONTEXT);
        authority.save(Sample.of("a", 1));

        now.updateAndGet(t -> t.plusMillis(4_999));
        assertThat(authority.queue().claim(Lease.of(Duration.ofSeconds(10)), 1)).isEmpty();
        now.updateAndGet(t -> t.plusMillis(1));
        assertThat(authority.queue().claim(Lease.of(Duration.ofSeconds(10)), 1)).hasSize(1);
        now.updateAndGet(t -> t.plusMillis(9_999));
        assertThat(authority.queue().claim(Lease.of(Duration.ofSeconds(10)), 1)).isEmpty();
        now.updateAndGet(t -> t.plusMillis(1));
        assertThat(authority.queue().claim(Lease.of(Duration.ofSeconds(10)), 1)).hasSize(1);
    }

    @Test
    @Tag("DW-8")
    void versionsOfAFormerFollowerGoOnAboveThoseItApplied() {
        InMemoryStore<String, Sample> store = InMemoryStore.keyedBy(Sample::id);
        store.openFollower(CONTEXT)
                .apply(List.of(
                        new VersionedRecord<>("a", 700, Sample.of("a", 1)), new VersionedRecord<>("b", 900, null)))
                .join();

        assertThat(store.openAuthority(CONTEXT).save(Sample.of("a", 2)).version())
                .isGreaterThan(900);
    }

    @Test
    void recordsAreACopy() {
        InMemoryStore<String, Sample> store = InMemoryStore.keyedBy(Sample::id);
        assertThat(store.records()).isEmpty();
        var before = store.records();

        store.openAuthority(CONTEXT).save(Sample.of("a", 1));

        assertThat(before).isEmpty();
        assertThat(store.records()).containsOnlyKeys("a");
        assertThat(store.pending("memory")).isEqualTo(1);
        assertThat(store.pending("another")).isZero();
    }

    @Test
    void aStoreThatGeneratesKeysGivesThemAsADatabaseDoes() {
        AtomicLong last = new AtomicLong();
        InMemoryStore<String, Customer> primary = InMemoryStore.generatingKeys(
                Customer::id, customer -> new Customer("c" + last.incrementAndGet(), customer.name()));
        InMemoryStore<String, Customer> secondary = InMemoryStore.keyedBy(Customer::id);
        try (DualWriteRepository<String, Customer> customers =
                DualWriteRepository.builder("customers", primary, secondary).build()) {
            WriteResult<String, Customer> created = customers.create(new Customer(null, "Ada"));
            assertThat(created.key()).isEqualTo("c1");
            assertThat(created.value()).contains(new Customer("c1", "Ada"));
            assertThat(customers.save(new Customer(null, "Grace")).key()).isEqualTo("c2");
            assertThat(customers.saveAll(List.of(new Customer(null, "Edsger"), new Customer("own", "Alan"))))
                    .extracting(WriteResult::key)
                    .containsExactlyInAnyOrder("c3", "own");
            assertThat(customers
                            .update(new Customer("c1", "Countess of Lovelace"))
                            .key())
                    .isEqualTo("c1");
            assertThatNullPointerException()
                    .isThrownBy(() -> customers.update(new Customer(null, "Ada")))
                    .withMessageContaining("update needs one");
        }
        assertThat(secondary.records())
                .isEqualTo(primary.records())
                .containsOnlyKeys("c1", "c2", "c3", "own")
                .containsEntry("c1", new Customer("c1", "Countess of Lovelace"));
    }

    @Test
    void aValueWithoutAKeyIsRefused() {
        InMemoryStore<String, Sample> store = InMemoryStore.keyedBy(Sample::text);
        Authority<String, Sample> authority = store.openAuthority(CONTEXT);

        assertThatNullPointerException()
                .isThrownBy(() -> authority.saveAll(List.of(new Sample("a", "x", 1), new Sample("b", null, 1))))
                .withMessageContaining("key function")
                .withMessageContaining("generatingKeys");
        assertThat(store.records()).isEmpty();
        assertThat(store.pending("memory")).isZero();
    }
}
