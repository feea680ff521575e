package io.github.dualwrite.examples.livemigration;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The check of the check: it must see a lost write. */
class LedgerTest {

    private static final UUID KEY = Keys.own(1, 1);

    private final Ledger ledger = new Ledger();

    @Test
    void anAcknowledgedWriteThatIsNotStoredIsLost() {
        ledger.intended(KEY, 1);
        ledger.acknowledged(KEY, 1, 10);
        ledger.intended(KEY, 2);
        ledger.acknowledged(KEY, 2, 11);

        assertThat(ledger.lost(stored(2))).isEmpty();
        assertThat(ledger.lost(stored(1))).containsExactly(KEY);
        assertThat(ledger.lost(Map.of())).containsExactly(KEY);
    }

    @Test
    void aWriteWhoseAnswerNeverCameMayBeStoredOrNot() {
        ledger.intended(KEY, 1);
        ledger.acknowledged(KEY, 1, 10);
        ledger.intended(KEY, 2);

        assertThat(ledger.lost(stored(1))).isEmpty();
        assertThat(ledger.lost(stored(2))).isEmpty();
        assertThat(ledger.lost(Map.of())).containsExactly(KEY);
    }

    @Test
    void aRecordFromBeforeThatIsGoneOrChangedByNobodyIsLost() {
        ledger.existing(List.of(KEY), 1);

        assertThat(ledger.lost(stored(1))).isEmpty();
        assertThat(ledger.lost(stored(2))).containsExactly(KEY);
        assertThat(ledger.lost(Map.of())).containsExactly(KEY);

        ledger.intended(KEY, Journal.NOTHING);
        assertThat(ledger.lost(Map.of())).isEmpty();
        assertThat(ledger.highestRevision()).isOne();
    }

    @Test
    void anAcknowledgedDeleteThatIsStillStoredIsLost() {
        ledger.intended(KEY, 1);
        ledger.acknowledged(KEY, 1, 10);
        ledger.intended(KEY, Journal.NOTHING);
        ledger.acknowledged(KEY, Journal.NOTHING, 11);

        assertThat(ledger.lost(Map.of())).isEmpty();
        assertThat(ledger.lost(stored(1))).containsExactly(KEY);
    }

    @Test
    void aSecondaryWithAnOlderVersionIsBehind() {
        ledger.intended(KEY, 1);
        ledger.acknowledged(KEY, 1, 10);

        assertThat(ledger.behind(Map.of(KEY.toString(), 10L))).isEmpty();
        assertThat(ledger.behind(Map.of(KEY.toString(), 9L))).containsExactly(KEY);
        assertThat(ledger.behind(Map.of())).containsExactly(KEY);
    }

    @Test
    void aJournalFileTellsWhatWasWrittenIntoItAndNoTornLine(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("journal");
        try (JournalFile journal = new JournalFile(file)) {
            journal.intended(KEY, 1);
            journal.acknowledged(KEY, 1, 10);
            journal.read();
            journal.acknowledgedShared(3);
            journal.staleRead(KEY);
            journal.failed("save", new IllegalStateException("two\nlines"));
            journal.intended(KEY, 2);
        }
        Files.writeString(file, "A " + KEY + " 2 1", StandardOpenOption.APPEND);

        long position = JournalFile.replay(file, 0, ledger);

        assertThat(ledger.writes()).isEqualTo(4);
        assertThat(ledger.reads()).isOne();
        assertThat(ledger.staleReads()).isOne();
        assertThat(ledger.failures()).isOne();
        assertThat(ledger.highestRevision()).isEqualTo(2);
        assertThat(ledger.lost(stored(1))).isEmpty();

        Files.writeString(file, "1\n", StandardOpenOption.APPEND);
        JournalFile.replay(file, position, ledger);
        assertThat(ledger.writes()).isEqualTo(5);
        assertThat(ledger.lost(stored(1))).containsExactly(KEY);
    }

    private static Map<String, Long> stored(long revision) {
        return Map.of(KEY.toString(), revision);
    }
}
