package io.github.dualwrite.metrics;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.docs.ObservationDocumentation;

/** The observation of this library: its name and keys, all of low cardinality. Part of the API, as the meters are. */
public enum DualWriteObservation implements ObservationDocumentation {
    /** One call of a store. Its contextual name, which a span has, is {@code dualwrite follower apply} or the like. */
    STORE_CALL {
        @Override
        public String getName() {
            return "dualwrite.call";
        }

        @Override
        public KeyName[] getLowCardinalityKeyNames() {
            return Key.values();
        }

        @Override
        public String getPrefix() {
            return "dualwrite";
        }
    };

    /** Keys of the observation. */
    public enum Key implements KeyName {
        /** The repository's name. */
        REPOSITORY("dualwrite.repository", "the repository's name"),
        /** Which part the store plays. */
        STORE("dualwrite.store", "authority or follower"),
        /** What was done. */
        OPERATION("dualwrite.operation", "what was done, as in the tag of the meters"),
        /** How the call ended. */
        OUTCOME("dualwrite.outcome", "how the call ended, as in the tag of the meters"),
        /** What the store threw. */
        EXCEPTION("dualwrite.exception", "the simple name of the exception's class, or none");

        private final String key;
        private final String meaning;

        Key(String key, String meaning) {
            this.key = key;
            this.meaning = meaning;
        }

        @Override
        public String asString() {
            return key;
        }

        /** What it means. */
        public String meaning() {
            return meaning;
        }
    }
}
