package io.github.dualwrite.routing;

import io.github.dualwrite.spi.Durations;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a repository follows the source of its read route. Immutable; {@link #defaults()} are meant for production. */
public final class ReadRouteSettings {

    private static final ReadRouteSettings DEFAULTS =
            new ReadRouteSettings(Duration.ofSeconds(1), Duration.ofSeconds(5), null, 10_000);

    private final Duration refresh;
    private final Duration timeout;
    private final @Nullable Duration maxStaleness;
    private final int keys;

    private ReadRouteSettings(Duration refresh, Duration timeout, @Nullable Duration maxStaleness, int keys) {
        this.refresh = refresh;
        this.timeout = timeout;
        this.maxStaleness = maxStaleness;
        this.keys = keys;
    }

    /** Asked each second, 5 s for an answer, the last good route stays for ever, 10 000 keys for a source per key. */
    public static ReadRouteSettings defaults() {
        return DEFAULTS;
    }

    /**
     * How long to wait between two questions to the source. A change of the flag is in force after this time and twice the
     * time of an answer at the latest, whether reads come or not.
     *
     * <p>A source per key is asked for a key only when that is read. The route of a key is known for this time and {@link
     * #timeout} together; reads of a key that was not read for longer are answered by the authority until the source has been
     * asked. Default: 1 s.
     */
    public ReadRouteSettings refresh(Duration refresh) {
        return new ReadRouteSettings(
                Durations.positive("refresh of the read route", refresh), timeout, maxStaleness, keys);
    }

    /** After which time a question is given up and counts as failed. Default: 5 s. */
    public ReadRouteSettings timeout(Duration timeout) {
        return new ReadRouteSettings(
                refresh, Durations.positive("timeout of the read route", timeout), maxStaleness, keys);
    }

    /**
     * How old the last good route may get while the source fails. When it is older, the authority answers until the source
     * does. The same holds for the route of a key. Noticed at the next refresh. Default: the last good route stays for ever.
     */
    public ReadRouteSettings maxStaleness(Duration maxStaleness) {
        return new ReadRouteSettings(
                refresh, timeout, Durations.positive("maxStaleness of the read route", maxStaleness), keys);
    }

    /**
     * Of how many keys the route is remembered, for a source per key. Reads of others are answered by the authority until
     * the source has been asked. Default: 10 000.
     */
    public ReadRouteSettings keys(int keys) {
        if (keys < 1) {
            throw new IllegalArgumentException("keys must be at least 1, not " + keys);
        }
        return new ReadRouteSettings(refresh, timeout, maxStaleness, keys);
    }

    public Duration refresh() {
        return refresh;
    }

    public Duration timeout() {
        return timeout;
    }

    /** Empty if the last good route stays for ever. */
    public Optional<Duration> maxStaleness() {
        return Optional.ofNullable(maxStaleness);
    }

    public int keys() {
        return keys;
    }
}
