package io.github.dualwrite.routing;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;

/**
 * Which store answers a read, and which reads are shadowed. Immutable; has a text form that a person can type:
 *
 * <pre>
 * primary
 * secondary
 * secondary 25%
 * primary shadow 1%
 * secondary 2.5% shadow 10% allow tenant-a,"tenant b" deny tenant-x no-fallback
 * </pre>
 *
 * <p>Named by the stores' identities, which never change, not by their roles. For a key the first of these decides:
 *
 * <ol>
 *   <li>a key that is denied is read from the primary;
 *   <li>a key that is allowed is read from the secondary;
 *   <li>of all others a percentage is read from the secondary. Which ones follows from the key's {@linkplain KeyText text} and
 *       the repository's name alone: the same in every process, and a key that is in at 10 % is in at 25 %.
 * </ol>
 *
 * <p>Shadowed is a share of the reads, not of the keys: each read is drawn anew, so that all keys are looked at in time.
 */
public final class ReadRoute {

    private static final ReadRoute PRIMARY = builder().build();
    private static final ReadRoute SECONDARY = builder().secondary(100).build();

    /** A rule in code; the name stands for it in the text form. */
    record Rule(String name, Predicate<Object> predicate) {}

    private final Percent secondary;
    private final Percent shadow;
    private final Set<String> allowed;
    private final Set<String> denied;
    private final List<Rule> allowRules;
    private final List<Rule> denyRules;
    private final boolean fallback;
    private final boolean byPercentageAlone;
    private final String text;

    private ReadRoute(Builder builder) {
        this.secondary = builder.secondary;
        this.shadow = builder.shadow;
        this.allowed = Collections.unmodifiableSet(new LinkedHashSet<>(builder.allowed));
        this.denied = Collections.unmodifiableSet(new LinkedHashSet<>(builder.denied));
        this.allowRules = List.copyOf(builder.allowRules);
        this.denyRules = List.copyOf(builder.denyRules);
        this.fallback = builder.fallback;
        this.byPercentageAlone = allowed.isEmpty() && denied.isEmpty() && allowRules.isEmpty() && denyRules.isEmpty();
        this.text = RouteText.of(this);
    }

    /** The primary answers. */
    public static ReadRoute primary() {
        return PRIMARY;
    }

    /** The secondary answers; the authority answers where the secondary cannot. */
    public static ReadRoute secondary() {
        return SECONDARY;
    }

    /**
     * The route of a text. Words are read in any case, keys as they are; a key with blanks, commas or quotes stands in double
     * quotes. Options come in any order, each at most once.
     *
     * @throws IllegalArgumentException if the text is anything else; the message shows where, and what is allowed
     */
    public static ReadRoute parse(String text) {
        return RouteText.parse(text);
    }

    /** Starts from {@link #primary()}. */
    public static Builder builder() {
        return new Builder();
    }

    /** Starts from this route. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.secondary = secondary;
        builder.shadow = shadow;
        builder.allowed.addAll(allowed);
        builder.denied.addAll(denied);
        builder.allowRules.addAll(allowRules);
        builder.denyRules.addAll(denyRules);
        builder.fallback = fallback;
        return builder;
    }

    /**
     * This route with every read taken back to the primary. What is shadowed stays, and so do the keys that are denied: the next
     * one who types a route finds them.
     */
    public ReadRoute withoutSecondary() {
        Builder builder = new Builder();
        builder.shadow = shadow;
        builder.denied.addAll(denied);
        builder.denyRules.addAll(denyRules);
        return builder.build();
    }

    /**
     * Whether the secondary is to answer a read of this key.
     *
     * @param repository the name of the repository, or of its routing group: another one sends other keys to the secondary at the same
     *     percentage
     * @throws IllegalArgumentException if this depends on the key's text and the key {@linkplain KeyText has none that is
     *     stable}
     * @throws RuntimeException what a predicate throws
     */
    public boolean readsSecondary(String repository, Object key) {
        if (!byPercentageAlone) {
            String keyText = allowed.isEmpty() && denied.isEmpty() ? "" : KeyText.of(key);
            if (denied.contains(keyText) || matches(denyRules, key)) {
                return false;
            }
            if (allowed.contains(keyText) || matches(allowRules, key)) {
                return true;
            }
        }
        return secondary.all() || (!secondary.none() && secondary.contains(KeyHash.of(repository, key)));
    }

    private static boolean matches(List<Rule> rules, Object key) {
        for (Rule rule : rules) {
            if (rule.predicate().test(key)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a read is to be shadowed: drawn anew at each call. */
    public boolean shadows() {
        return !shadow.none()
                && (shadow.all() || shadow.contains(ThreadLocalRandom.current().nextLong()));
    }

    /** Whether any read at all may go to the secondary. */
    public boolean mayReadSecondary() {
        return !secondary.none() || !allowed.isEmpty() || !allowRules.isEmpty();
    }

    /** How many per cent of the keys that are neither denied nor allowed are read from the secondary. */
    public double secondaryPercent() {
        return secondary.value();
    }

    /** How many per cent of the reads are shadowed. */
    public double shadowPercent() {
        return shadow.value();
    }

    /** Whether the authority answers where the follower fails. A key that is pending is always answered by the authority. */
    public boolean fallback() {
        return fallback;
    }

    Percent secondaryShare() {
        return secondary;
    }

    Percent shadowShare() {
        return shadow;
    }

    Set<String> allowed() {
        return allowed;
    }

    Set<String> denied() {
        return denied;
    }

    List<Rule> allowRules() {
        return allowRules;
    }

    List<Rule> denyRules() {
        return denyRules;
    }

    /** Equal if the text forms are, and each predicate is the same object. */
    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof ReadRoute route
                        && route.text.equals(text)
                        && route.allowRules.equals(allowRules)
                        && route.denyRules.equals(denyRules));
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** The text form, which {@link #parse} reads unless there is a predicate in the route. */
    @Override
    public String toString() {
        return text;
    }

    /** Collects the parts of a route. Percentages are from 0 to 100, in steps of 0.0001. Not safe for use by many threads. */
    public static final class Builder {
        private Percent secondary = Percent.NONE;
        private Percent shadow = Percent.NONE;
        private final Set<String> allowed = new LinkedHashSet<>();
        private final Set<String> denied = new LinkedHashSet<>();
        private final List<Rule> allowRules = new ArrayList<>();
        private final List<Rule> denyRules = new ArrayList<>();
        private boolean fallback = true;

        private Builder() {}

        /** How many per cent of the keys are read from the secondary. Default: 0. */
        public Builder secondary(double percent) {
            return secondary(Percent.of(percent));
        }

        Builder secondary(Percent percent) {
            this.secondary = percent;
            return this;
        }

        /** How many per cent of the reads are shadowed. Default: 0. */
        public Builder shadow(double percent) {
            return shadow(Percent.of(percent));
        }

        Builder shadow(Percent percent) {
            this.shadow = percent;
            return this;
        }

        /** Keys that are read from the secondary, whatever the percentage; compared by their {@linkplain KeyText texts}. */
        public Builder allow(Collection<?> keys) {
            keys.forEach(key -> allowed.add(KeyText.of(key)));
            return this;
        }

        /** Keys that are read from the primary, whatever else applies; compared by their {@linkplain KeyText texts}. */
        public Builder deny(Collection<?> keys) {
            keys.forEach(key -> denied.add(KeyText.of(key)));
            return this;
        }

        /**
         * Keys for which a predicate holds are read from the secondary, whatever the percentage. A read for which it throws is
         * answered by the authority.
         *
         * @param name stands for the predicate in the text form, which cannot be parsed then. Another predicate wants another name:
         *     events about changes, and the end of a step back, go by the text
         * @param predicate called at each read: must be quick and safe for use by many threads
         */
        public Builder allowWhen(String name, Predicate<Object> predicate) {
            allowRules.add(rule(name, predicate));
            return this;
        }

        /** Keys for which a predicate holds are read from the primary, whatever else applies; as {@link #allowWhen}. */
        public Builder denyWhen(String name, Predicate<Object> predicate) {
            denyRules.add(rule(name, predicate));
            return this;
        }

        private static Rule rule(String name, Predicate<Object> predicate) {
            return new Rule(Objects.requireNonNull(name, "name"), Objects.requireNonNull(predicate, "predicate"));
        }

        /** Whether the authority answers where the follower fails. Default: yes. */
        public Builder fallback(boolean fallback) {
            this.fallback = fallback;
            return this;
        }

        /** The route. */
        public ReadRoute build() {
            return new ReadRoute(this);
        }
    }
}
