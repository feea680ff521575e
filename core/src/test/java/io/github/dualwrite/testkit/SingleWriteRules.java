package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.RecordExistsException;
import io.github.dualwrite.RecordNotFoundException;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Create, update, save and delete: what is stored, what is pending, and what is left after a refusal. */
@Tag("DW-1")
abstract class SingleWriteRules extends AuthorityRules {

    @Test
    void createStoresTheRecordAndMakesItPending() {
        VersionedRecord<String, Sample> created = authority.create(Sample.of("a", 1));

        assertThat(created.key()).isEqualTo("a");
        assertThat(created.value()).isEqualTo(Sample.of("a", 1));
        assertThat(authority.read("a")).contains(Sample.of("a", 1));
        assertThat(pending("a")).contains(created);
        assertThat(keys(claim(10))).containsExactly("a");
    }

    @Test
    void createOfAnExistingRecordIsRefusedAndLeavesNothingPending() {
        confirmed(Sample.of("a", 1));

        assertThatExceptionOfType(RecordExistsException.class)
                .isThrownBy(() -> authority.create(Sample.of("a", 2)))
                .satisfies(e -> assertNames(e, Operation.CREATE));

        assertThat(authority.read("a")).contains(Sample.of("a", 1));
        assertNothingPending();
    }

    @Test
    void refusedCreateLeavesAnEarlierPendingWriteAsItWas() {
        VersionedRecord<String, Sample> first = authority.create(Sample.of("a", 1));

        assertThatThrownBy(() -> authority.create(Sample.of("a", 2))).isInstanceOf(RecordExistsException.class);

        assertThat(pending("a")).contains(first);
    }

    @Test
    void updateReplacesTheRecordAndMakesItPending() {
        confirmed(Sample.of("a", 1));

        VersionedRecord<String, Sample> updated = authority.update(Sample.of("a", 2));

        assertThat(updated.value()).isEqualTo(Sample.of("a", 2));
        assertThat(authority.read("a")).contains(Sample.of("a", 2));
        assertThat(pending("a")).contains(updated);
    }

    @Test
    void updateOfAMissingRecordIsRefusedAndLeavesNothingPending() {
        assertThatExceptionOfType(RecordNotFoundException.class)
                .isThrownBy(() -> authority.update(Sample.of("a", 1)))
                .satisfies(e -> assertNames(e, Operation.UPDATE));

        assertThat(authority.read("a")).isEmpty();
        assertNothingPending();
    }

    @Test
    void updateOfADeletedRecordIsRefused() {
        confirmed(Sample.of("a", 1));
        VersionedRecord<String, Sample> deleted = authority.delete("a").orElseThrow();

        assertThatThrownBy(() -> authority.update(Sample.of("a", 2))).isInstanceOf(RecordNotFoundException.class);

        assertThat(pending("a")).contains(deleted);
    }

    @Test
    void saveInsertsAndReplaces() {
        VersionedRecord<String, Sample> inserted = authority.save(Sample.of("a", 1));
        assertThat(inserted.value()).isEqualTo(Sample.of("a", 1));
        assertThat(authority.read("a")).contains(Sample.of("a", 1));

        VersionedRecord<String, Sample> replaced = authority.save(Sample.of("a", 2));
        assertThat(replaced.value()).isEqualTo(Sample.of("a", 2));
        assertThat(authority.read("a")).contains(Sample.of("a", 2));
        assertThat(pending("a")).contains(replaced);
    }

    @Test
    void aSaveThatChangesNothingIsStillAWrite() {
        VersionedRecord<String, Sample> first = confirmed(Sample.of("a", 1));

        VersionedRecord<String, Sample> second = authority.save(Sample.of("a", 1));

        assertThat(second.version()).isGreaterThan(first.version());
        assertThat(pending("a")).contains(second);
    }

    @Test
    void deleteRemovesTheRecordAndLeavesATombstonePending() {
        VersionedRecord<String, Sample> saved = confirmed(Sample.of("a", 1));

        VersionedRecord<String, Sample> deleted = authority.delete("a").orElseThrow();

        assertThat(deleted.tombstone()).isTrue();
        assertThat(deleted.version()).isGreaterThan(saved.version());
        assertThat(authority.read("a")).isEmpty();
        assertThat(pending("a")).contains(deleted);
        assertThat(keys(claim(10))).containsExactly("a");
    }

    @Test
    void deleteOfAMissingRecordWritesNothing() {
        assertThat(authority.delete("a")).isEmpty();
        assertNothingPending();
    }

    @Test
    void aSecondDeleteWritesNothing() {
        authority.save(Sample.of("a", 1));
        VersionedRecord<String, Sample> deleted = authority.delete("a").orElseThrow();

        assertThat(authority.delete("a")).isEmpty();

        assertThat(pending("a")).contains(deleted);
    }

    @Test
    void aDeletedRecordCanBeCreatedAgain() {
        authority.create(Sample.of("a", 1));
        authority.delete("a");

        VersionedRecord<String, Sample> again = authority.create(Sample.of("a", 2));

        assertThat(authority.read("a")).contains(Sample.of("a", 2));
        assertThat(pending("a")).contains(again);
    }

    @Test
    void manyWritesOfAKeyAreOnePendingWrite() {
        authority.create(Sample.of("a", 1));
        authority.update(Sample.of("a", 2));
        VersionedRecord<String, Sample> last = authority.save(Sample.of("a", 3));

        assertThat(claim(10)).singleElement().satisfies(write -> {
            assertThat(write.key()).isEqualTo("a");
            assertThat(write.version()).isEqualTo(last.version());
            assertThat(write.attempts()).isZero();
        });
        assertThat(queue.statistics().depth()).isEqualTo(1);
    }

    @Test
    void emptyAndAbsentTextComeBackAsTheyWere() {
        for (Sample sample : List.of(
                new Sample("empty", "", 0),
                new Sample("absent", null, -1),
                new Sample("blank", " ", Long.MIN_VALUE),
                new Sample("odd", "'\"\\|/%_\t\n{}[]é漢🔑", Long.MAX_VALUE))) {
            assertThat(authority.save(sample).value()).isEqualTo(sample);
            assertThat(authority.read(sample.id())).contains(sample);
            assertThat(pending(sample.id()).orElseThrow().value()).isEqualTo(sample);
        }
    }

    @Test
    void aRecordThatTheStoreRefusesLeavesNothingBehind() {
        Declared.with(contract(), contract().refusedSample(), "a record that the authority refuses", refused -> {
            assertThatThrownBy(() -> authority.create(refused)).isNotInstanceOf(OutcomeUnknownException.class);
            assertThatThrownBy(() -> authority.save(refused)).isNotInstanceOf(OutcomeUnknownException.class);

            assertThat(authority.read(refused.id())).isEmpty();
            assertNothingPending();
        });
    }

    @Test
    void aWriteWhosePendingWriteIsRefusedWritesNothing() throws Exception {
        VersionedRecord<String, Sample> before = confirmed(Sample.of("there", 1));
        Optional<AutoCloseable> refusing = contract().refusePendingWrites();
        try {
            Declared.with(contract(), refusing, "pending writes that can be refused", refused -> {
                assertThatThrownBy(() -> authority.create(Sample.of("new", 1)));
                assertThatThrownBy(() -> authority.save(Sample.of("new", 2)));
                assertThatThrownBy(() -> authority.save(Sample.of("there", 2)));
                assertThatThrownBy(() -> authority.update(Sample.of("there", 3)));
                assertThatThrownBy(() -> authority.delete("there"));
                assertThatThrownBy(() -> authority.saveAll(List.of(Sample.of("new", 4), Sample.of("there", 4))));
                assertThatThrownBy(() -> authority.deleteAll(List.of("there")));
                assertThatThrownBy(() -> authority.markPending(List.of("there")));
            });
        } finally {
            if (refusing.isPresent()) {
                refusing.get().close();
            }
        }

        assertThat(authority.readAll(List.of("new", "there"))).containsOnly(Map.entry("there", Sample.of("there", 1)));
        assertNothingPending();
        assertThat(authority.save(Sample.of("there", 5)).version()).isGreaterThan(before.version());
    }

    private static void assertNames(DualWriteException error, Operation operation) {
        assertThat(error.context().repository()).isEqualTo("kit");
        assertThat(error.context().operation()).isEqualTo(operation);
        assertThat(error.context().keys()).singleElement().isEqualTo("a");
        assertThat(error.getMessage()).contains("kit").contains("a").doesNotContain("text ");
    }
}
