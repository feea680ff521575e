package io.github.dualwrite.verify;

import io.github.dualwrite.internal.Events;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.reconcile.Reconciler;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.RecordScan;
import java.util.Collection;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What a repository gives to its verifications; not for applications.
 *
 * @param guard bounds reads of the follower by key, apart from the reads of callers
 * @param comparator the repository's
 * @param markPending gives keys a new version and brings them to the follower, as {@code DualWriteRepository.markPending} does
 * @param routedBy how the repository's read route deals keys out
 * @param closed whether the repository is closed
 * @param hopeless whether an error of a store would come again until a person does something
 */
public record VerificationParts<K, V>(
        Authority<K, V> authority,
        RecordScan<K, V> authorityScan,
        Follower<K, V> follower,
        RecordScan<K, V> followerScan,
        Guard guard,
        RecordComparator<? super V> comparator,
        Reconciler<K, V> reconciler,
        Consumer<Collection<K>> markPending,
        Events events,
        RoutedBy<K> routedBy,
        BooleanSupplier closed,
        Predicate<Throwable> hopeless) {}
