package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A mapping at work: the verbs of an authority wherever statements run. */
interface Access<K, V> {

    AuthorityWrites<K, V> writes(Sessions sessions);

    List<VersionedRecord<K, V>> snapshot(Sessions sessions, Collection<? extends K> keys);

    KeyCodec<K> keys();

    /** The query by which a person looks at a record; empty if there is not one table. */
    default Optional<String> lookup(K key) {
        return Optional.empty();
    }

    /** What the mapping would have to implement so that its records can be scanned; empty if they can. */
    default Optional<String> scanNeeds() {
        return Optional.empty();
    }

    /** The types of the columns as the table declares them, by their names; empty if there is not one table. */
    default Map<String, String> declaredTypes() {
        return Map.of();
    }
}
