package io.github.dualwrite.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openfeature.sdk.ErrorCode;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.EventProvider;
import dev.openfeature.sdk.Metadata;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.ProviderEvaluation;
import dev.openfeature.sdk.Reason;
import dev.openfeature.sdk.Value;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenFeatureReadRoutesTest {

    private static int domains;

    @AfterAll
    static void shutDown() {
        OpenFeatureAPI.getInstance().shutdown();
    }

    private static OpenFeatureReadRoutes routes(Provider provider) {
        String domain = "reads-" + ++domains;
        OpenFeatureAPI.getInstance().setProviderAndWait(domain, provider);
        return OpenFeatureReadRoutes.of(OpenFeatureAPI.getInstance().getClient(domain), "reads");
    }

    private static ProviderEvaluation<String> answer(String value, String reason) {
        return ProviderEvaluation.<String>builder().value(value).reason(reason).build();
    }

    @Test
    void theValueOfTheFlagIsTheRouteAndTheContextCarriesTheRepository() {
        OpenFeatureReadRoutes routes = routes(new Provider(context -> answer(
                context.getValue("repository").asString().equals("customers") ? "secondary 25%" : "primary",
                "TARGETING_MATCH")));
        assertThat(routes.route("customers")).hasToString("secondary 25%");
        assertThat(routes.route("orders")).isEqualTo(ReadRoute.primary());
        assertThat(routes.route("orders", "key")).isEqualTo(ReadRoute.primary());
        assertThat(routes.perKey()).isFalse();
    }

    @Test
    void evaluatedPerKeyTheContextCarriesTheKeyAndTargetingDecides() {
        OpenFeatureReadRoutes routes = routes(new Provider(context -> answer(
                        context.getTargetingKey().equals(context.getValue("key").asString())
                                        && context.getTargetingKey().startsWith("tenant-a")
                                ? "secondary"
                                : "primary",
                        "TARGETING_MATCH")))
                .evaluatedPerKey();
        assertThat(routes.perKey()).isTrue();
        assertThat(routes.route("customers", "tenant-a/1")).isEqualTo(ReadRoute.secondary());
        assertThat(routes.route("customers", "tenant-b/1")).isEqualTo(ReadRoute.primary());
    }

    @Test
    void whatTheProviderGetsOfAKeyCanBeChosen() {
        OpenFeatureReadRoutes routes = routes(new Provider(
                        context -> answer(context.getTargetingKey().equals("4") ? "secondary" : "primary", "SPLIT")))
                .evaluatedPerKey(key -> Integer.toString(key.toString().length()));
        assertThat(routes.route("customers", "abcd")).isEqualTo(ReadRoute.secondary());
    }

    @Test
    void aKeyWithoutATextIsNoValueAndNotWhatHoldsForNobodyInParticular() {
        OpenFeatureReadRoutes routes = routes(new Provider(context -> answer("secondary", "DEFAULT")))
                .evaluatedPerKey(key -> Map.of("a", "tenant-a").get(key));
        assertThat(routes.route("customers", "a")).isEqualTo(ReadRoute.secondary());
        assertThatThrownBy(() -> routes.route("customers", "b")).hasMessageContaining("keyText gave null");
    }

    @ParameterizedTest
    @CsvSource({"secondary, ERROR", "secondary, STALE", "secondary, DISABLED"})
    void aValueThatIsNotInForceIsNoValue(String value, String reason) {
        OpenFeatureReadRoutes routes = routes(new Provider(context -> answer(value, reason)));
        assertThatThrownBy(() -> routes.route("customers")).hasMessageContainingAll("reads", "no value", reason);
    }

    @Test // TRAPS 36
    void aProviderThatIsNotReadyIsNoValueAndNotTheDefault() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Provider cold = new Provider(context -> answer("secondary", "STATIC")) {
            @Override
            public void initialize(EvaluationContext context) throws InterruptedException {
                never.await();
            }
        };
        OpenFeatureAPI.getInstance().setProvider("cold", cold);
        OpenFeatureReadRoutes routes =
                OpenFeatureReadRoutes.of(OpenFeatureAPI.getInstance().getClient("cold"), "reads");
        try {
            assertThatThrownBy(() -> routes.route("customers"))
                    .hasMessageContainingAll("no value", "PROVIDER_NOT_READY");
        } finally {
            never.countDown();
        }
    }

    @Test
    void withoutAnyProviderThereIsNoValue() {
        OpenFeatureReadRoutes routes =
                OpenFeatureReadRoutes.of(OpenFeatureAPI.getInstance().getClient("nobody"), "reads");
        assertThatThrownBy(() -> routes.route("customers")).hasMessageContainingAll("no value", "PROVIDER_NOT_READY");
    }

    @Test
    void aDefaultThatIsSetInTheFlagServiceIsAValue() {
        OpenFeatureReadRoutes routes = routes(new Provider(context -> answer("secondary 1%", Reason.DEFAULT.name())));
        assertThat(routes.route("customers")).hasToString("secondary 1%");
    }

    @Test
    void aMissingFlagAProviderThatThrowsAndMalformedTextSayWhatIsWrong() {
        OpenFeatureReadRoutes missing = routes(new Provider(context -> ProviderEvaluation.<String>builder()
                .value("dualwrite: no value")
                .errorCode(ErrorCode.FLAG_NOT_FOUND)
                .errorMessage("no such flag")
                .build()));
        assertThatThrownBy(() -> missing.route("customers"))
                .hasMessageContainingAll("reads", "FLAG_NOT_FOUND", "no such flag");

        OpenFeatureReadRoutes throwing = routes(new Provider(context -> {
            throw new IllegalStateException("broken");
        }));
        assertThatThrownBy(() -> throwing.route("customers")).hasMessageContainingAll("GENERAL", "broken");

        OpenFeatureReadRoutes malformed = routes(new Provider(context -> answer("secondary 250%", "STATIC")));
        assertThatThrownBy(() -> malformed.route("customers")).hasMessageContainingAll("reads", "250");
    }

    /** Answers string flags with a function of the context. */
    private static class Provider extends EventProvider {
        private final Function<EvaluationContext, ProviderEvaluation<String>> answers;

        private Provider(Function<EvaluationContext, ProviderEvaluation<String>> answers) {
            this.answers = answers;
        }

        @Override
        public Metadata getMetadata() {
            return () -> "test";
        }

        @Override
        public ProviderEvaluation<String> getStringEvaluation(
                String flag, String defaultValue, EvaluationContext context) {
            return answers.apply(context);
        }

        @Override
        public ProviderEvaluation<Boolean> getBooleanEvaluation(String flag, Boolean value, EvaluationContext context) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ProviderEvaluation<Integer> getIntegerEvaluation(String flag, Integer value, EvaluationContext context) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ProviderEvaluation<Double> getDoubleEvaluation(String flag, Double value, EvaluationContext context) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ProviderEvaluation<Value> getObjectEvaluation(String flag, Value value, EvaluationContext context) {
            throw new UnsupportedOperationException();
        }
    }
}
