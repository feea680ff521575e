package io.github.dualwrite.testkit;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports what an adapter declares it has not: the rules that need it then hold trivially, but not in silence. Each is a line at WARN, once for a
 * contract.
 */
final class Declared {

    private static final Logger LOG = LoggerFactory.getLogger("io.github.dualwrite.testkit");
    private static final Set<String> REPORTED = ConcurrentHashMap.newKeySet();

    private Declared() {}

    static <T> void with(Object contract, Optional<T> ability, String name, Consumer<T> rule) {
        ability.ifPresentOrElse(rule, () -> absent(contract, name));
    }

    static void absent(Object contract, String name) {
        String store = contract.getClass().getSimpleName();
        if (REPORTED.add(store + ": " + name)) {
            LOG.warn("{} declares absent: {}; what needs it is not tried", store, name);
        }
    }
}
