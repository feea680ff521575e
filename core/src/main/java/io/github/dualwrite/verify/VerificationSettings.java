package io.github.dualwrite.verify;

import io.github.dualwrite.routing.KeyPrivacy;
import io.github.dualwrite.routing.Percent;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.spi.Durations;
import io.github.dualwrite.spi.KeyBounds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How a verification works. Immutable if its functions are; {@link #defaults()} are meant for production. */
public final class VerificationSettings<K, V> {

    static final int MOST_BUCKETS = 1 << 20;

    final int threads;
    final int pageSize;
    final int buckets;
    final double rowsPerSecond;
    final @Nullable Duration timeBudget;
    final Percent sample;
    final @Nullable String filterName;
    final Predicate<? super K> filter;
    final @Nullable KeyBounds<K> bounds;
    final Duration recheckDelay;
    final int rechecks;
    final int keysInMemory;
    final int passes;
    final int findings;
    final int samples;
    final boolean showValues;
    final KeyPrivacy keyPrivacy;
    final @Nullable RecordComparator<? super V> comparator;
    final Map<Class<?>, Function<Object, Object>> forms;
    final Duration readTimeout;
    final int attempts;
    final boolean digestsInStores;
    final Duration checkpointEvery;

    private VerificationSettings(Builder<K, V> builder) {
        this.threads = builder.threads;
        this.pageSize = builder.pageSize;
        this.buckets = builder.buckets;
        this.rowsPerSecond = builder.rowsPerSecond;
        this.timeBudget = builder.timeBudget;
        this.sample = builder.sample;
        this.filterName = builder.filterName;
        this.filter = builder.filter;
        this.bounds = builder.bounds;
        this.recheckDelay = builder.recheckDelay;
        this.rechecks = builder.rechecks;
        this.keysInMemory = builder.keysInMemory;
        this.passes = builder.passes;
        this.findings = builder.findings;
        this.samples = builder.samples;
        this.showValues = builder.showValues;
        this.keyPrivacy = builder.keyPrivacy;
        this.comparator = builder.comparator;
        this.forms = Collections.unmodifiableMap(
                new LinkedHashMap<>(builder.forms)); // in the order in which they were given
        this.readTimeout = builder.readTimeout;
        this.attempts = builder.attempts;
        this.digestsInStores = builder.digestsInStores;
        this.checkpointEvery = builder.checkpointEvery;
    }

    /**
     * 4 threads, pages of up to 10 000, 16384 buckets, no rate limit and no time budget, all keys, 15 looks again 1 s apart, 200 000 keys in
     * memory and 10 passes over what differs, 10 000 findings kept and 20 of each kind shown, without values; 20 s for a read of the follower by keys, 10 failures in a
     * row of a store, digests made inside the stores that can, and a checkpoint each 10 s where there is a place for it.
     */
    public static <K, V> VerificationSettings<K, V> defaults() {
        return VerificationSettings.<K, V>builder().build();
    }

    /** Starts from the defaults. */
    public static <K, V> Builder<K, V> builder() {
        return new Builder<>();
    }

    /** How long the follower may take for a read of keys. */
    public Duration readTimeout() {
        return readTimeout;
    }

    /** Whether keys are chosen in a way that no store knows. */
    boolean picksKeys() {
        return !sample.all() || filterName != null;
    }

    /** Why not all keys are compared; empty if they are. */
    Optional<String> leftOut() {
        List<String> only = new ArrayList<>();
        if (!sample.all()) {
            only.add("a sample of " + sample + " of the keys");
        }
        if (filterName != null) {
            only.add("keys of filter '" + filterName + "'");
        }
        if (bounds != null) {
            boolean plain = keyPrivacy == KeyPrivacy.PLAIN;
            only.add("keys"
                    + (bounds.above() == null ? "" : " above " + (plain ? bounds.above() : "one"))
                    + (bounds.upTo() == null ? "" : " up to " + (plain ? bounds.upTo() : "another")));
        }
        return only.isEmpty() ? Optional.empty() : Optional.of("only " + String.join(" and ", only) + " was compared");
    }

    /** Which keys are compared, as a checkpoint notes it; of a filter there is no more than its name. */
    String selection() {
        return "sample " + sample + ", filter " + filterName + ", bounds " + bounds;
    }

    /** The classes with forms of their own, in the order in which they are looked for. */
    String formNames() {
        return forms.keySet().stream().map(Class::getName).collect(Collectors.joining(", "));
    }

    /** Collects settings. Not safe for use by many threads. */
    public static final class Builder<K, V> {
        private int threads = 4;
        private int pageSize = 10_000;
        private int buckets = 16_384;
        private double rowsPerSecond = Double.POSITIVE_INFINITY;
        private @Nullable Duration timeBudget;
        private Percent sample = Percent.of(100);
        private @Nullable String filterName;
        private Predicate<? super K> filter = key -> true;
        private @Nullable KeyBounds<K> bounds;
        private Duration recheckDelay = Duration.ofSeconds(1);
        private int rechecks = 15;
        private int keysInMemory = 200_000;
        private int passes = 10;
        private int findings = 10_000;
        private int samples = 20;
        private boolean showValues;
        private KeyPrivacy keyPrivacy = KeyPrivacy.PLAIN;
        private @Nullable RecordComparator<? super V> comparator;
        private final Map<Class<?>, Function<Object, Object>> forms = new LinkedHashMap<>();
        private Duration readTimeout = Duration.ofSeconds(20);
        private int attempts = 10;
        private boolean digestsInStores = true;
        private Duration checkpointEvery = Duration.ofSeconds(10);

        private Builder() {}

        /** How many splits are read at once, of both sides together. Default: 4. */
        public Builder<K, V> threads(int threads) {
            this.threads = threads;
            return this;
        }

        /**
         * How many records are read at once at the most; fewer if they are large, so that a page has about 1 MiB, and no more than the rate limit
         * allows in a second. Default: 10 000.
         */
        public Builder<K, V> pageSize(int pageSize) {
            this.pageSize = pageSize;
            return this;
        }

        /**
         * Into how many buckets keys fall. Each costs 48 bytes; the more there are, the fewer keys share one with a key that differs, and
         * have to be compared with it. Default: 16384.
         */
        public Builder<K, V> buckets(int buckets) {
            this.buckets = buckets;
            return this;
        }

        /** How many records are read in a second, of both sides together. Default: unlimited. */
        public Builder<K, V> rowsPerSecond(double rowsPerSecond) {
            this.rowsPerSecond = rowsPerSecond;
            return this;
        }

        /** After which time a run ends with what it has; it says what it has not compared. Default: none. */
        public Builder<K, V> timeBudget(Duration timeBudget) {
            this.timeBudget = Objects.requireNonNull(timeBudget, "timeBudget");
            return this;
        }

        /**
         * Compares a part of the keys: always the same ones, those which a read route of that percentage sends to the secondary, and at a
         * higher percentage these and more. In a repository with a {@code routingKey} that is a part of the routing keys, with all their
         * records; a key for which that function fails ends the run. Both sides are read completely all the same, and no store makes the
         * digests. In steps of 0.0001. Default: 100.
         */
        public Builder<K, V> sample(double percent) {
            this.sample = Percent.of(percent);
            return this;
        }

        /**
         * Compares only the keys for which the predicate is true, for example a range. Both sides are read completely all the same. Default: all keys.
         *
         * @param name says in the report what was compared; a checkpoint knows the filter by it
         */
        public Builder<K, V> keys(String name, Predicate<? super K> filter) {
            this.filterName = Objects.requireNonNull(name, "name");
            this.filter = Objects.requireNonNull(filter, "filter");
            return this;
        }

        /**
         * Compares only the keys above one key, up to and with another, in their natural order in Java. A store that keeps keys in this
         * order reads no others; of one that does not, the report says that it was read completely. PostgreSQL does for keys of one
         * column that are whole numbers, dates, instants, or texts in collation {@code C}; DynamoDB does not. Default: all keys.
         *
         * @param above {@code null} for all from the first
         * @param upTo {@code null} for all to the last
         * @throws IllegalArgumentException if keys are not {@code Comparable}, both are {@code null} or there is nothing between them
         */
        public Builder<K, V> keysBetween(@Nullable K above, @Nullable K upTo) {
            this.bounds = new KeyBounds<>(above, upTo);
            return this;
        }

        /** How long to wait before looking again at keys in flight. Default: 1 s. */
        public Builder<K, V> recheckDelay(Duration recheckDelay) {
            this.recheckDelay = Objects.requireNonNull(recheckDelay, "recheckDelay");
            return this;
        }

        /** How often to look again at keys in flight before they are reported as such. Default: 15. */
        public Builder<K, V> rechecks(int rechecks) {
            this.rechecks = rechecks;
            return this;
        }

        /**
         * How many keys of buckets that differ are held at once, about 150 bytes each; more than that are compared in several passes.
         * While the stores grow it may be up to twice as many. Default: 200 000.
         */
        public Builder<K, V> keysInMemory(int keysInMemory) {
            this.keysInMemory = keysInMemory;
            return this;
        }

        /** How often both sides may be read once more to compare buckets that differ; what is left is said. Default: 10. */
        public Builder<K, V> passes(int passes) {
            this.passes = passes;
            return this;
        }

        /** How many keys that differ are kept in the report, for repair; all are counted. Default: 10 000. */
        public Builder<K, V> findings(int findings) {
            this.findings = findings;
            return this;
        }

        /** How many findings of each kind the text and JSON show. Default: 20. */
        public Builder<K, V> samples(int samples) {
            this.samples = samples;
            return this;
        }

        /** Whether findings hold both records as text, by {@code toString}. Default: no. */
        public Builder<K, V> showValues(boolean showValues) {
            this.showValues = showValues;
            return this;
        }

        /** How keys show in texts and events. Default: {@link KeyPrivacy#PLAIN}. */
        public Builder<K, V> keyPrivacy(KeyPrivacy keyPrivacy) {
            this.keyPrivacy = Objects.requireNonNull(keyPrivacy, "keyPrivacy");
            return this;
        }

        /**
         * Decides what is equal. Digests never take for equal what it tells apart; where they differ and it finds both equal, the key
         * counts as matching, at the cost of reading it. Default: the repository's.
         */
        public Builder<K, V> comparator(RecordComparator<? super V> comparator) {
            this.comparator = Objects.requireNonNull(comparator, "comparator");
            return this;
        }

        /**
         * Has digests see values of a class, and of its subclasses, as something that they know: a text, a number, a record, or a list of
         * such. Needed for classes that are neither records nor of the JDK. Must give equal results for equal values only. Of several that fit a
         * value the one for exactly its class is used, and otherwise the one that was given first. Default: none.
         */
        public <T> Builder<K, V> form(Class<T> type, Function<? super T, ?> form) {
            Objects.requireNonNull(form, "form");
            this.forms.put(type, value -> form.apply(type.cast(value)));
            return this;
        }

        /** How long the follower may take for a read of up to 200 keys. Default: 20 s. */
        public Builder<K, V> readTimeout(Duration readTimeout) {
            this.readTimeout = Objects.requireNonNull(readTimeout, "readTimeout");
            return this;
        }

        /**
         * Whether stores that can are to make the digests themselves. Their hashes are fast and not made against an adversary: switch it
         * off where somebody who chooses values may want to hide a difference. Default: yes.
         */
        public Builder<K, V> digestsInStores(boolean digestsInStores) {
            this.digestsInStores = digestsInStores;
            return this;
        }

        /** How often in a row a read of a store may fail before the run ends with the error. Default: 10. */
        public Builder<K, V> attempts(int attempts) {
            this.attempts = attempts;
            return this;
        }

        /** How often a run that was given a {@link CheckpointStore} saves how far it is. Default: 10 s. */
        public Builder<K, V> checkpointEvery(Duration checkpointEvery) {
            this.checkpointEvery = Objects.requireNonNull(checkpointEvery, "checkpointEvery");
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException if a setting is out of range
         */
        public VerificationSettings<K, V> build() {
            between("threads", threads, 1, 256);
            between("pageSize", pageSize, 1, 10_000);
            between("buckets", buckets, 1, MOST_BUCKETS);
            between("rechecks", rechecks, 0, 1_000_000);
            between("keysInMemory", keysInMemory, 1, 100_000_000);
            between("passes", passes, 0, 1_000_000);
            between("findings", findings, 0, 10_000_000);
            between("samples", samples, 0, 10_000);
            between("attempts", attempts, 1, 1_000_000);
            if (!(rowsPerSecond > 0)) {
                throw new IllegalArgumentException("rowsPerSecond must be more than 0, not " + rowsPerSecond);
            }
            if (sample.value() == 0) {
                throw new IllegalArgumentException("sample must be more than 0");
            }
            Durations.positive("recheckDelay", recheckDelay);
            Durations.positive("readTimeout", readTimeout);
            Durations.positive("checkpointEvery", checkpointEvery);
            if (timeBudget != null) {
                Durations.positive("timeBudget", timeBudget);
            }
            return new VerificationSettings<>(this);
        }

        private static void between(String name, int value, int least, int most) {
            if (value < least || value > most) {
                throw new IllegalArgumentException(name + " must be from " + least + " to " + most + ", not " + value);
            }
        }
    }
}
