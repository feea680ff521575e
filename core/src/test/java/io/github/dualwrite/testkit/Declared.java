package io.github.dualwrite.testkit;

import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.TestReporter;

/** Reports what an adapter declares it has not; the rules that need it then hold trivially, but not in silence. */
final class Declared {

    private Declared() {}

    static <T> void with(Optional<T> ability, String name, TestReporter reporter, Consumer<T> rule) {
        if (ability.isPresent()) {
            rule.accept(ability.get());
        } else {
            reporter.publishEntry("declared absent", name);
        }
    }
}
