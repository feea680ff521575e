package io.github.dualwrite.postgres;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.ScanPage;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Takes what was there before dual writes began: a {@link Batch} of version 0, stored by {@link Following#baseline}. */
final class PostgresBaseline<K, V> implements Baseline<K, V> {

    private final Following<K, V> following;
    private final FollowerCalls calls;
    private final SqlErrors errors;

    PostgresBaseline(Following<K, V> following, FollowerCalls calls, SqlErrors errors) {
        this.following = following;
        this.calls = calls;
        this.errors = errors;
    }

    @Override
    public CompletableFuture<List<ApplyResult>> store(List<ScanPage.Scanned<K, V>> records) {
        List<ScanPage.Scanned<K, V>> given = List.copyOf(records);
        List<K> keys = given.stream().map(ScanPage.Scanned::key).toList();
        return calls.call(
                Operation.APPLY,
                keys,
                session -> new Batch<>(session, following, errors, keys, "let the backfill try it again")
                        .store(
                                i -> following.change(
                                        given.get(i).key(), 0, given.get(i).value()),
                                changes -> following.baseline(session, changes)));
    }
}
