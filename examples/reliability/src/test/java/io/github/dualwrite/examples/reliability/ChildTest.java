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
        Settings settings = new Settings(1, 1, Duration.ofSeconds(1), 1, 1, 1, Sabotage.NONE);
        Set<Long> before = processes();
        try (Journal journal = new Journal(directory.resolve("journal"));
                Child child = new Child(Role.RECONCILER, 0, settings, new Place(1, 1, "none"), journal, directory)) {
            child.start();
            Set<Long> started = processes();
            child.start();

            assertThat(processes()).isEqualTo(started).hasSize(before.size() + 1);
            child.end();
            assertThat(child.awaitEnd()).isNull();
            assertThat(processes()).isEqualTo(before);
        }
    }
}
