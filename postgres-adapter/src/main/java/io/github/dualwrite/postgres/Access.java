package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.AuthorityWrites;
import io.github.dualwrite.spi.VersionedRecord;
import java.util.Collection;
import java.util.List;

/** A mapping at work: the verbs of an authority wherever statements run. */
interface Access<K, V> {

    AuthorityWrites<K, V> writes(Sessions sessions);

    List<VersionedRecord<K, V>> snapshot(Sessions sessions, Collection<? extends K> keys);

    KeyCodec<K> keys();
}
