package io.github.dualwrite.dynamodb;

import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.model.ReplicaDescription;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;

/** Copies of a table in other regions, which make it a global table: there the last writer wins, whatever the versions are. */
final class Replicas {

    private Replicas() {}

    /** Their regions. */
    static List<String> of(TableDescription table) {
        return table.replicas().stream().map(ReplicaDescription::regionName).toList();
    }

    /** Why such a table cannot be an authority's, and what to do; empty if it has none. */
    static Optional<String> problem(TableDescription table) {
        List<String> regions = of(table);
        return regions.isEmpty()
                ? Optional.empty()
                : Optional.of("the table has replicas in " + regions
                        + "; of concurrent writes in two regions the last one wins, which breaks the order of versions, and a"
                        + " record and its pending write arrive in another region apart: remove the replicas for the time of the"
                        + " migration, or use a table without");
    }
}
