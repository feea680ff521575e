package io.github.dualwrite;

import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.reconcile.Reconciler;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.verify.RoutedBy;
import io.github.dualwrite.verify.Verification;
import io.github.dualwrite.verify.VerificationParts;
import io.github.dualwrite.verify.VerificationSettings;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/** Opens verifications of a repository, if its stores can do their parts. */
final class Verifications<K, V> {

    private final Authority<K, V> authority;
    private final Follower<K, V> follower;
    private final Function<Duration, Guard> guards;
    private final RecordComparator<? super V> comparator;
    private final Reconciler<K, V> reconciler;
    private final Events events;
    private final RoutedBy<K> routedBy;

    /**
     * Verifications.
     *
     * @param guards makes a guard with a deadline
     */
    Verifications(
            Authority<K, V> authority,
            Follower<K, V> follower,
            Function<Duration, Guard> guards,
            RecordComparator<? super V> comparator,
            Reconciler<K, V> reconciler,
            Events events,
            RoutedBy<K> routedBy) {
        this.authority = authority;
        this.follower = follower;
        this.guards = guards;
        this.comparator = comparator;
        this.reconciler = reconciler;
        this.events = events;
        this.routedBy = routedBy;
    }

    Verification<K, V> open(
            VerificationSettings<K, V> settings, Consumer<Collection<K>> markPending, BooleanSupplier closed) {
        return new Verification<>(
                new VerificationParts<>(
                        authority,
                        part(authority.scan(), authority.description(), authority.scanNeeds()),
                        follower,
                        part(follower.scan(), follower.description(), follower.scanNeeds()),
                        guards.apply(settings.readTimeout()),
                        comparator,
                        reconciler,
                        markPending,
                        events,
                        routedBy,
                        closed,
                        error -> error instanceof ConfigurationException),
                settings);
    }

    private <T> T part(Optional<T> part, String store, Optional<String> needs) {
        return part.orElseThrow(() -> new ConfigurationException(
                new DualWriteException.Context(events.repository(), Operation.OPEN, store, List.of()),
                "this store cannot be scanned, which a verification needs; " + needs.orElse("use an adapter that can"),
                null));
    }
}
