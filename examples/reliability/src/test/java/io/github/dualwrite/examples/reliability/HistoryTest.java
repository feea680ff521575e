package io.github.dualwrite.examples.reliability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The check of the check: it must see a lost write, a stale read and a half one, and bear what is allowed. */
class HistoryTest {

    private static final Duration BOUND = Duration.ofNanos(100);

    private static final String TWO_WRITES = """
            I p0.1:1 900 p0.1:1 k
            A p0.1:1 1000 k=7
            I p0.1:2 1900 p0.1:2 k
            A p0.1:2 2000 k=8
            """;

    @Test
    void anOlderStateThanTheNewestAcknowledgedOneIsLost() {
        assertThat(lost(TWO_WRITES, "p0.1:2", 8)).isEmpty();
        assertThat(lost(TWO_WRITES, "p0.1:1", 8)).containsExactly("k");
        assertThat(lost(TWO_WRITES, Entry.ABSENT, 8)).containsExactly("k");
    }

    @Test
    void versionsDecideWhichIsTheNewestNotTheOrderOfAnswers() {
        String crossed = """
                I p0.1:1 900 p0.1:1 k
                I p1.1:1 900 p1.1:1 k
                A p0.1:1 1000 k=8
                A p1.1:1 2000 k=7
                """;
        assertThat(lost(crossed, "p0.1:1", 8)).isEmpty();
        assertThat(lost(crossed, "p1.1:1", 8)).containsExactly("k");
    }

    @Test
    void aWriteWhoseAnswerNeverCameMayBeThereIfItIsNewer() {
        String unanswered = TWO_WRITES + "I p1.1:1 2100 p1.1:1 k\n";

        assertThat(lost(unanswered, "p0.1:2", 8)).isEmpty();
        assertThat(lost(unanswered, "p1.1:1", 9)).isEmpty();
        assertThat(lost(unanswered, "p1.1:1", 8)).containsExactly("k");
    }

    @Test
    void aWriteThatWasRefusedMustNeitherBeStoredNorRead() {
        String refused = TWO_WRITES + "I p1.1:1 2100 p1.1:1 k\nN p1.1:1\nR p2 5000 5010 k p1.1:1\n";

        assertThat(lost(refused, "p1.1:1", 9)).containsExactly("k");
        assertThat(history(refused).phantoms(BOUND)).hasSize(1);
    }

    @Test
    void anAcknowledgedDeleteThatIsStillThereIsLost() {
        String deleted = TWO_WRITES + "I p1.1:1 2100 - k\nA p1.1:1 3000 k=9\n";

        assertThat(lost(deleted, Entry.ABSENT, 9)).isEmpty();
        assertThat(lost(deleted, "p0.1:2", 9)).containsExactly("k");
    }

    @Test
    void aDeleteThatFoundNothingChangesNothing() {
        String nothing = TWO_WRITES + "I p1.1:1 2100 - k\nA p1.1:1 3000 \n";

        assertThat(lost(nothing, "p0.1:2", 8)).isEmpty();
        assertThat(lost(nothing, Entry.ABSENT, 8)).containsExactly("k");
    }

    @Test
    void aReadMustSeeWhatItsOwnProcessWasToldAndOthersBeforeTheBound() {
        assertThat(stale("R p0 2001 2011 k p0.1:1")).hasSize(1);
        assertThat(stale("R p0 2001 2011 k p0.1:2")).isEmpty();
        assertThat(stale("R p0 1999 2009 k p0.1:1")).isEmpty();
        assertThat(stale("R p1 2099 2109 k p0.1:1")).isEmpty();
        assertThat(stale("R p1 2101 2111 k p0.1:1")).hasSize(1);
        assertThat(stale("R p1 2101 2111 k -")).hasSize(1);
        assertThat(stale("R p1 999 1009 k -")).isEmpty();
    }

    @Test
    void aDeleteWithUnknownOutcomeExcusesNoAbsenceBeforeItBegan() {
        String unknown = TWO_WRITES + "I p1.1:1 3000 - k\n";

        assertThat(history(unknown + "R p1 2500 2999 k -\n").stale(BOUND)).hasSize(1);
        assertThat(history(unknown + "R p1 2500 3000 k -\n").stale(BOUND)).isEmpty();
        assertThat(history(unknown + "R p1 5000 5001 k -\n").stale(BOUND)).isEmpty();
    }

    @Test
    void anAcknowledgedDeleteExcusesNoAbsenceBeforeItBeganNorAfterTheNextWrite() {
        String deleted =
                TWO_WRITES + "I p0.1:3 3000 - k\nA p0.1:3 3500 k=9\n" + "I p0.1:4 4000 p0.1:4 k\nA p0.1:4 4500 k=10\n";

        assertThat(history(deleted + "R p1 2500 2999 k -\n").stale(BOUND)).hasSize(1);
        assertThat(history(deleted + "R p1 2500 3000 k -\n").stale(BOUND)).isEmpty();
        assertThat(history(deleted + "R p0 4400 4600 k -\n").stale(BOUND)).isEmpty();
        assertThat(history(deleted + "R p0 4501 4600 k -\n").stale(BOUND)).hasSize(1);
    }

    @Test
    void aReadOfAWriteThatHadNotBegunIsAPhantom() {
        String unanswered = TWO_WRITES + "I p1.1:1 3000 p1.1:1 k\n";

        assertThat(history(unanswered + "R p1 2500 2999 k p1.1:1\n").phantoms(BOUND))
                .hasSize(1);
        assertThat(history(unanswered + "R p1 2500 3000 k p1.1:1\n").phantoms(BOUND))
                .isEmpty();
        assertThat(history(TWO_WRITES + "R p1 500 899 k p0.1:1\n").phantoms(BOUND))
                .hasSize(1);
    }

    @Test
    void whoAnsweredReadsIsWhatEachLifeSaidLast() {
        History history = history("B p0.1 3 4\nB p0.1 5 4\nB p0.2 10 20\nB p1.1 100 0\n");

        assertThat(history.readsByFollower()).isEqualTo(115);
        assertThat(history.readsByAuthority()).isEqualTo(24);
    }

    @Test
    void aReportOfNoChecksIsNotGood() {
        Report report = new Report();
        assertThat(report.good()).isFalse();
        report.check("lost", "lost", List.of());
        assertThat(report.good()).isTrue();
        report.check("lost", "lost", List.of("k"));
        assertThat(report.good()).isFalse();
    }

    @Test
    void aJournalThatCannotBeWrittenSaysSoWhenItIsClosed(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("journal");
        FileChannel broken = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        broken.close();
        Journal journal = new Journal(file, broken);
        journal.append("F p0" + Line.END);

        assertThatThrownBy(journal::close).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void aRecordThatWasThereBeforeMustNotBeMissing() {
        History history = history("R p1 10 20 old1 -\nR p1 10 20 old1 old\nR p1 10 20 new1 -\n");

        assertThat(history.stale(BOUND)).hasSize(1);
    }

    @Test
    void aFollowerWithAnOlderVersionIsBehind() {
        History history = history(TWO_WRITES);

        assertThat(history.behind(stores("p0.1:2", 8), Set.of())).isEmpty();
        assertThat(history.behind(stores("p0.1:2", 7), Set.of())).containsExactly("k");
        assertThat(history.behind(stores("p0.1:2", 7), Set.of("k"))).isEmpty();
    }

    @Test
    void aLineThatAKillCutOffIsNone() {
        assertThat(Line.parse("A p0.1:1 1000 k=71" + Line.END)).isPresent();
        assertThat(Line.parse("A p0.1:1 1000 k=7")).isEmpty();
    }

    @Test
    void aRecordOfTwoWritesIsTorn() {
        Entry one = Entry.of("k", "a", new SplittableRandom(1));
        Entry half = new Entry(one.id(), "b", one.partA(), one.partB(), one.amount(), one.checksum());

        assertThat(new Stores(Map.of("k", new Stored(one, 0)), Map.of()).torn()).isEmpty();
        assertThat(new Stores(Map.of(), Map.of("k", new Stored(half, 1))).torn())
                .hasSize(1);
    }

    @Test
    void storesThatDifferAndHalvesOfPairsShow() {
        Stores stores = stores("x", 1);

        assertThat(stores.different(Set.of())).isEmpty();
        assertThat(stores.split(List.of(List.of("k", "l")))).hasSize(1);
        assertThat(new Stores(stores.inPostgres(), Map.of()).different(Set.of()))
                .hasSize(1);
        assertThat(new Stores(stores.inPostgres(), Map.of()).different(Set.of("k")))
                .isEmpty();
    }

    private static List<String> lost(String journal, String lastTag, long followerVersion) {
        return history(journal).lost(stores(lastTag, followerVersion), Set.of());
    }

    private static List<String> stale(String read) {
        return history(TWO_WRITES + read + "\n").stale(BOUND);
    }

    private static History history(String journal) {
        Stream<Line> lines = journal.lines().map(line -> line + Line.END).flatMap(line -> Line.parse(line).stream());
        return new History(lines.toList(), Keys::wasThereBefore);
    }

    private static Stores stores(String tag, long followerVersion) {
        Entry entry = tag.equals(Entry.ABSENT) ? null : new Entry("k", tag, "", "", BigDecimal.ONE, 0);
        Map<String, Stored> authority = new HashMap<>();
        if (entry != null) {
            authority.put("k", new Stored(entry, 0));
        }
        return new Stores(authority, Map.of("k", new Stored(entry, followerVersion)));
    }
}
