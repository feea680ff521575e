package io.github.dualwrite.memory;

import io.github.dualwrite.testkit.PairScenario;
import io.github.dualwrite.testkit.Sample;

class InMemoryPairTest extends PairScenario {

    @Override
    protected Side first() {
        return side("the first");
    }

    @Override
    protected Side second() {
        return side("the second");
    }

    private static Side side(String name) {
        InMemoryStore<String, Sample> store = InMemoryStore.keyedBy(Sample::id);
        return new Side(name, store, store, store::records);
    }
}
