package io.github.dualwrite.examples.benchmarks;

import com.launchdarkly.sdk.LDValue;
import com.launchdarkly.sdk.server.Components;
import com.launchdarkly.sdk.server.LDClient;
import com.launchdarkly.sdk.server.LDConfig;
import com.launchdarkly.sdk.server.integrations.TestData;
import com.launchdarkly.sdk.server.migrations.Migration;
import com.launchdarkly.sdk.server.migrations.MigrationBuilder;
import com.launchdarkly.sdk.server.migrations.MigrationExecution;
import com.launchdarkly.sdk.server.migrations.MigrationMethodResult;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** LaunchDarkly's migration helper, offline and without events, which costs it least. */
final class Peers {

    static final String FLAG_OFF = "migration-off";
    static final String FLAG_DUAL_WRITE = "migration-dualwrite";
    static final String FLAG_SHADOW = "migration-shadow";

    private Peers() {}

    /** A client that needs no network. */
    static LDClient launchDarkly() {
        TestData data = TestData.dataSource();
        data.update(data.flag(FLAG_OFF).valueForAll(LDValue.of("off")));
        data.update(data.flag(FLAG_DUAL_WRITE).valueForAll(LDValue.of("dualwrite")));
        data.update(data.flag(FLAG_SHADOW).valueForAll(LDValue.of("shadow")));
        return new LDClient(
                "none",
                new LDConfig.Builder()
                        .dataSource(data)
                        .events(Components.noEvents())
                        .build());
    }

    static Migration<Optional<Item>, Boolean, Long, Item> migration(
            LDClient client,
            MigrationExecution execution,
            Function<Long, Optional<Item>> readOld,
            Function<Long, Optional<Item>> readNew,
            Consumer<Item> writeOld,
            Consumer<Item> writeNew) {
        return new MigrationBuilder<Optional<Item>, Boolean, Long, Item>(client)
                .trackErrors(false)
                .trackLatency(false)
                .readExecution(execution)
                .read(
                        key -> MigrationMethodResult.Success(readOld.apply(key)),
                        key -> MigrationMethodResult.Success(readNew.apply(key)),
                        Optional::equals)
                .write(item -> written(writeOld, item), item -> written(writeNew, item))
                .build()
                .orElseThrow();
    }

    private static MigrationMethodResult<Boolean> written(Consumer<Item> write, Item item) {
        write.accept(item);
        return MigrationMethodResult.Success(true);
    }
}
