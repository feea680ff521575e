package io.github.dualwrite.examples.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildTest {

    private static Set<Long> processes() {
        return ProcessHandle.current()
                .children()
                .filter(ProcessHandle::isAlive)
                .map(ProcessHandle::pid)
                .collect(Collectors.toSet());
    }

    @Test
    void whatRunsIsNotStartedASecondTime(@TempDir Path directory) throws Exception {
        Set<Long> before = processes();
        try (Journal journal = new Journal(directory.resolve("journal"));
                Child child = child("none", journal, directory)) {
            child.start();
            Set<Long> started = processes();
            child.start();

            assertThat(processes()).isEqualTo(started).hasSize(before.size() + 1);
            child.end();
            assertThat(child.awaitEnd()).isEmpty();
            assertThat(processes()).isEqualTo(before);
        }
    }

    @Test
    void whatEndsByItselfIsNoticedAtTheNextKillStartAndEnd(@TempDir Path directory) throws Exception {
        Set<Long> before = processes();
        try (Journal journal = new Journal(directory.resolve("journal"));
                Child child = child("none", journal, directory)) {
            child.start();
            endFromOutside(before);
            assertThat(child.kill()).isFalse();
            child.start();
            endFromOutside(before);
            child.start();
            assertThat(child.stop()).isTrue();
            assertThat(child.proceed()).isTrue();
            endFromOutside(before);
            assertThat(child.stop()).isFalse();
            child.end();

            assertThat(child.awaitEnd())
                    .filteredOn(failure -> failure.contains("RECONCILER p0 ended by itself with exit code 137"))
                    .hasSize(3);
            assertThat(child.kills()).isZero();
        }
    }

    @Test
    void whatIsKilledByTheDriverIsNoFailure(@TempDir Path directory) throws Exception {
        try (Journal journal = new Journal(directory.resolve("journal"));
                Child child = child("none", journal, directory)) {
            child.start();
            assertThat(child.kill()).isTrue();
            child.start();
            child.end();

            assertThat(child.awaitEnd()).isEmpty();
            assertThat(child.kills()).isEqualTo(1);
        }
    }

    @Test
    void anErrorThatEndsAThreadIsToldToTheDriver(@TempDir Path directory) throws Exception {
        Journal journal = new Journal(directory.resolve("journal"));
        try (journal;
                Child child = child(" ", journal, directory)) {
            child.start();
            child.end();

            assertThat(child.awaitEnd()).singleElement().asString().contains("exit code 1");
        }
        assertThat(new History(journal.read(), Keys::wasThereBefore).unexpected())
                .singleElement()
                .asString()
                .startsWith("p0: ");
    }

    private static Child child(String table, Journal journal, Path directory) {
        Settings settings = new Settings(1, 1, Duration.ofSeconds(1), 1, 1, 1, Sabotage.NONE);
        return new Child(Role.RECONCILER, 0, settings, new Place(1, 1, table), journal, directory);
    }

    /** Kills the instance that was started since, and not by the driver's wish. */
    private static void endFromOutside(Set<Long> before) {
        Set<Long> started = processes();
        started.removeAll(before);
        assertThat(started).hasSize(1);
        ProcessHandle instance = ProcessHandle.of(started.iterator().next()).orElseThrow();
        instance.destroyForcibly();
        instance.onExit().join();
    }
}
