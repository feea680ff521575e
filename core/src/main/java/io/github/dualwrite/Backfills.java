package io.github.dualwrite;

import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillParts;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.GivingWay;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.internal.JobCompletion;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.Operation;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Opens backfills of a repository, if its stores can do their parts. */
final class Backfills<K, V> {

    private final Authority<K, V> authority;
    private final Follower<K, V> follower;
    private final Function<Duration, Guard> guards;
    private final @Nullable JobCompletion completion;
    private final GivingWay givingWay;
    private final Events events;

    /**
     * Backfills.
     *
     * @param guards makes a guard with a deadline
     * @param completion to be refreshed when a backfill has changed; {@code null} if nobody reads it
     * @param givingWay how all of them give way to live writes
     */
    Backfills(
            Authority<K, V> authority,
            Follower<K, V> follower,
            Function<Duration, Guard> guards,
            @Nullable JobCompletion completion,
            GivingWay givingWay,
            Events events) {
        this.authority = authority;
        this.follower = follower;
        this.guards = guards;
        this.completion = completion;
        this.givingWay = givingWay;
        this.events = events;
    }

    Backfill<K, V> open(BackfillSettings<V> settings, BooleanSupplier closed) {
        BackfillParts<K, V> parts = new BackfillParts<>(
                authority,
                part(authority.scan(), authority.description(), "be scanned", authority.scanNeeds()),
                part(authority.jobs(), authority.description(), "keep jobs", Optional.empty()),
                follower,
                part(follower.baseline(), follower.description(), "take a baseline", Optional.empty()),
                guards.apply(settings.batchTimeout()),
                events,
                givingWay,
                closed,
                error -> error instanceof ConfigurationException || error instanceof PermanentStoreException,
                () -> {
                    if (completion != null) {
                        completion.refresh();
                    }
                });
        return new Backfill<>(parts, settings);
    }

    private <T> T part(Optional<T> part, String store, String ability, Optional<String> needs) {
        return part.orElseThrow(() -> new ConfigurationException(
                new DualWriteException.Context(events.repository(), Operation.OPEN, store, List.of()),
                "this store cannot " + ability + ", which a backfill needs; " + needs.orElse("use an adapter that can")
                        + ", or copy by other means and say so with backfillComplete",
                null));
    }
}
