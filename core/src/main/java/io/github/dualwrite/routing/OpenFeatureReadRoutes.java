package io.github.dualwrite.routing;

import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Routes from a string flag behind an OpenFeature client, for instance {@code secondary 25% shadow 1%}. Needs {@code
 * dev.openfeature:sdk} on the class path. The client belongs to the caller.
 *
 * <p>An evaluation never throws: a provider that is not ready answers with the caller's default. So the default here is a text
 * that is no route, and error code and reason are looked at: an error code, the reasons {@code ERROR}, {@code STALE} and
 * {@code DISABLED}, and a value that is the default are "no value". The reason {@code DEFAULT} with another value is what
 * somebody has set in the flag service as the default of the flag, and counts.
 *
 * <p>The evaluation context has the attribute {@code repository}. If the flag is evaluated {@linkplain #perKey for each key}, it
 * has the attribute {@code key} as well, and the key is the targeting key; otherwise the repository's name is. Immutable; safe for
 * use by many threads.
 */
public final class OpenFeatureReadRoutes implements ReadRouteSource {

    private static final String NO_VALUE = "dualwrite: no value";
    private static final Set<String> NOT_IN_FORCE = Set.of("ERROR", "STALE", "DISABLED");

    private final Client client;
    private final String flag;
    private final @Nullable Function<Object, String> keyText;

    private OpenFeatureReadRoutes(Client client, String flag, @Nullable Function<Object, String> keyText) {
        this.client = Objects.requireNonNull(client, "client");
        this.flag = Objects.requireNonNull(flag, "flag");
        this.keyText = keyText;
        if (flag.isBlank()) {
            throw new IllegalArgumentException("the key of the flag must not be blank");
        }
    }

    /** The flag with this key, the same for all keys of a repository. */
    public static OpenFeatureReadRoutes of(Client client, String flag) {
        return new OpenFeatureReadRoutes(client, flag, null);
    }

    /** The same flag evaluated for each key, which goes to the provider as its {@linkplain KeyText text}. */
    public OpenFeatureReadRoutes evaluatedPerKey() {
        return evaluatedPerKey(KeyText::of);
    }

    /**
     * The same flag evaluated for each key.
     *
     * @param keyText what the provider gets of a key, for instance its tenant, or a hash of a key that must not leave the house
     */
    public OpenFeatureReadRoutes evaluatedPerKey(Function<Object, String> keyText) {
        return new OpenFeatureReadRoutes(client, flag, Objects.requireNonNull(keyText, "keyText"));
    }

    @Override
    public boolean perKey() {
        return keyText != null;
    }

    @Override
    public ReadRoute route(String repository) {
        return evaluate(new ImmutableContext(repository, Map.of("repository", new Value(repository))));
    }

    @Override
    public ReadRoute route(String repository, Object key) {
        Function<Object, String> text = keyText;
        if (text == null) {
            return route(repository);
        }
        // without one the provider would give what holds for nobody in particular
        String targeting = Objects.requireNonNull(text.apply(key), "the function keyText gave null for a key");
        Map<String, Value> attributes = new HashMap<>();
        attributes.put("repository", new Value(repository));
        attributes.put("key", new Value(targeting));
        return evaluate(new ImmutableContext(targeting, attributes));
    }

    private ReadRoute evaluate(EvaluationContext context) {
        FlagEvaluationDetails<String> answer = client.getStringDetails(flag, NO_VALUE, context);
        @Nullable String value = answer.getValue();
        if (answer.getErrorCode() != null
                || value == null
                || value.equals(NO_VALUE)
                || NOT_IN_FORCE.contains(String.valueOf(answer.getReason()))) {
            throw new IllegalStateException(
                    description() + " has no value: reason " + answer.getReason() + ", error code "
                            + answer.getErrorCode()
                            + (answer.getErrorMessage() == null ? "" : ", " + answer.getErrorMessage()));
        }
        return TextReadRoute.parse(description(), value);
    }

    @Override
    public String description() {
        return "OpenFeature flag '" + flag + "'";
    }
}
