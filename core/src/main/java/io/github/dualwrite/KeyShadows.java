package io.github.dualwrite;

import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.event.ShedReason;
import io.github.dualwrite.internal.Guard;
import io.github.dualwrite.internal.PendingKeys;
import io.github.dualwrite.internal.ShadowReads;
import io.github.dualwrite.internal.ShadowSubject;
import io.github.dualwrite.routing.KeyPrivacy;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** The shadow side of reads by key. */
final class KeyShadows<K, V> {

    /** How many keys of a batch are one task. */
    private static final int CHUNK = 100;

    private final ShadowReads shadows;
    private final Authority<K, V> authority;
    private final Follower<K, V> follower;
    private final Guard guard;
    private final PendingKeys<K> pendingKeys;
    private final BooleanSupplier copied;
    private final RecordComparator<? super V> comparator;
    private final String repository;
    private final KeyPrivacy privacy;

    KeyShadows(
            ShadowLane lane,
            Authority<K, V> authority,
            Follower<K, V> follower,
            PendingKeys<K> pendingKeys,
            BooleanSupplier copied,
            RecordComparator<? super V> comparator,
            String repository,
            KeyPrivacy privacy) {
        this.shadows = lane.reads();
        this.authority = authority;
        this.follower = follower;
        this.guard = lane.guard();
        this.pendingKeys = pendingKeys;
        this.copied = copied;
        this.comparator = comparator;
        this.repository = repository;
        this.privacy = privacy;
    }

    void authorityAnswered(K key, Optional<V> answer) {
        shadows.followerToo(new Subject(key), answer);
    }

    void followerAnswered(K key, Optional<V> answer) {
        shadows.authorityToo(new Subject(key), answer);
    }

    /** One task for many keys, whose other side is read in one call. */
    void answered(List<K> keys, Map<K, V> answers, boolean byFollower) {
        if (!byFollower && guard.refuses()) {
            shadows.shed(ShedReason.BREAKER_OPEN, keys.size());
            return;
        }
        for (int from = 0; from < keys.size(); from += CHUNK) {
            List<K> chunk = keys.subList(from, Math.min(from + CHUNK, keys.size()));
            List<Optional<V>> given = new ArrayList<>(chunk.size());
            chunk.forEach(key -> given.add(Optional.ofNullable(answers.get(key))));
            shadows.offer(() -> compare(chunk, given, byFollower), chunk.size());
        }
    }

    private void compare(List<K> keys, List<Optional<V>> given, boolean byFollower) {
        Map<K, V> others;
        try {
            others = byFollower
                    ? Objects.requireNonNull(
                            shadows.onAuthority(() -> authority.readAll(keys)), "the authority answered null")
                    : guard.await(guard.call(() -> follower.readAll(keys), r -> null));
        } catch (Throwable e) { // a store may throw anything
            shadows.failed(byFollower ? ShadowStep.AUTHORITY : ShadowStep.FOLLOWER, e, keys.size());
            return;
        }
        for (int i = 0; i < keys.size(); i++) {
            Optional<V> other = Optional.ofNullable(others.get(keys.get(i)));
            Optional<V> answer = given.get(i);
            shadows.compare(new Subject(keys.get(i)), byFollower ? other : answer, byFollower ? answer : other);
        }
    }

    private final class Subject implements ShadowSubject<Optional<V>> {
        private final K key;

        Subject(K key) {
            this.key = key;
        }

        @Override
        public Optional<V> readAuthority() {
            return authority.read(key);
        }

        @Override
        public Optional<V> readFollower() throws Exception {
            return guard.await(guard.call(() -> follower.read(key), r -> null));
        }

        @Override
        public boolean followerRefuses() {
            return guard.refuses();
        }

        @Override
        public boolean mayLag(Optional<V> ours, int looks) {
            return pendingKeys.mayBePending(key)
                    || authority.queue().pendingAmong(List.of(key)).contains(key);
        }

        @Override
        public Difference difference(Optional<V> ours, Optional<V> theirs) {
            if (ours.isEmpty() || theirs.isEmpty()) {
                return ours.isPresent()
                        ? new Difference(ShadowResult.MISSING, Set.of())
                        : theirs.isPresent() ? new Difference(ShadowResult.EXTRA, Set.of()) : Difference.NONE;
            }
            Set<String> fields = comparator.differingFields(ours.get(), theirs.get());
            return fields.isEmpty() ? Difference.NONE : new Difference(ShadowResult.DIFFERENT, Set.copyOf(fields));
        }

        @Override
        public boolean notCopiedYet(Difference difference) {
            return difference.result() == ShadowResult.MISSING && !copied.getAsBoolean();
        }

        @Override
        public String query() {
            return "";
        }

        @Override
        public Object shown() {
            return privacy.shown(repository, key);
        }

        @Override
        public boolean heal() {
            authority.markPending(List.of(key));
            pendingKeys.mark(key, PendingKeys.UNKNOWN_VERSION);
            return true;
        }
    }
}
