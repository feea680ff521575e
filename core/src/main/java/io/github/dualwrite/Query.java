package io.github.dualwrite;

import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.routing.RecordComparator;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A query by other criteria than the key, once for each store, for {@link DualWriteRepository#query}. Immutable.
 *
 * <pre>{@code
 * List<Order> open = orders.query(Query.of("open orders", customerId,
 *                 () -> sql.openOrders(customerId),
 *                 () -> table.openOrders(customerId))
 *         .comparedBy(ListComparison.unordered(FieldComparison.strict(), Order::id)));
 * }</pre>
 *
 * <p>The function of the store that answers runs as follows: the authority's on the caller's thread, the follower's on a thread of
 * the repository, under the read's deadline, which does not end a function that blocks; it only ends the waiting for it. When
 * a query is shadowed, the other store's function runs on a thread for shadow reads, after the caller has its answer, and both may
 * run there again, the primary's interrupted at the deadline of shadow reads: they must not depend on a transaction or on anything else that belongs to the caller's thread.
 *
 * <p>A function meets what its store keeps: on a DynamoDB table also tombstones, which it has to leave out ({@code
 * attribute_not_exists(dw_deleted)}). A global secondary index of DynamoDB lags behind its table and cannot be read strongly consistent: nothing
 * that is said of reading writes holds for a query on one.
 */
public final class Query<T> {

    private final String name;
    private final Object routingKey;
    private final Supplier<? extends T> primary;
    private final Supplier<? extends CompletableFuture<? extends T>> secondary;
    private final RecordComparator<? super T> comparator;
    private final boolean authorityWhilePending;

    private Query(
            String name,
            Object routingKey,
            Supplier<? extends T> primary,
            Supplier<? extends CompletableFuture<? extends T>> secondary,
            RecordComparator<? super T> comparator,
            boolean authorityWhilePending) {
        this.name = Objects.requireNonNull(name, "name");
        this.routingKey = Objects.requireNonNull(routingKey, "routingKey");
        this.primary = Objects.requireNonNull(primary, "primary");
        this.secondary = Objects.requireNonNull(secondary, "secondary");
        this.comparator = Objects.requireNonNull(comparator, "comparator");
        this.authorityWhilePending = authorityWhilePending;
    }

    /**
     * A query. Neither function may give {@code null}.
     *
     * @param name names it in events; one for each kind of query, not for each call
     * @param routingKey takes the key's place in the read route: its percentage, lists and predicates. For instance the tenant, or
     *     what the query looks for
     * @param primary asks the primary
     * @param secondary asks the secondary; may block
     */
    public static <T> Query<T> of(
            String name, Object routingKey, Supplier<? extends T> primary, Supplier<? extends T> secondary) {
        Objects.requireNonNull(secondary, "secondary");
        return ofAsync(name, routingKey, primary, () -> CompletableFuture.completedFuture(secondary.get()));
    }

    /** The same for a secondary that answers by a future, which is cancelled at the deadline. */
    public static <T> Query<T> ofAsync(
            String name,
            Object routingKey,
            Supplier<? extends T> primary,
            Supplier<? extends CompletableFuture<? extends T>> secondary) {
        return new Query<>(name, routingKey, primary, secondary, FieldComparison.<T>strict(), false);
    }

    /** Compares what both sides gave. Default: by fields, strictly, lists with their order. */
    public Query<T> comparedBy(RecordComparator<? super T> comparator) {
        return new Query<>(name, routingKey, primary, secondary, comparator, authorityWhilePending);
    }

    /**
     * Lets the authority answer while anything that this instance wrote may be missing on the follower; with {@link
     * ReadYourWrites#fleet} also anything that others wrote and that was acknowledged longer ago than the bound. Without it a query of the follower
     * may miss a write that this instance has just made: which keys a query will find is not known before (DW-5 holds for reads by
     * key). With asynchronous writes under steady load this is nearly always.
     *
     * <p>Not for a query on a global secondary index of DynamoDB, which lags behind its table by itself: a write that is pending no more may
     * still be missing there.
     */
    public Query<T> authorityWhilePending() {
        return new Query<>(name, routingKey, primary, secondary, comparator, true);
    }

    /** Its name in events. */
    public String name() {
        return name;
    }

    Object routingKey() {
        return routingKey;
    }

    boolean waitsForPending() {
        return authorityWhilePending;
    }

    RecordComparator<? super T> comparator() {
        return comparator;
    }

    T askPrimary() {
        return Objects.requireNonNull(
                primary.get(), () -> "query '" + name + "': the primary's function gave null; give an empty result");
    }

    /** The application's own future, so that whoever cancels it ends the application's call. */
    @SuppressWarnings("unchecked") // it is only read
    CompletableFuture<T> askSecondary() {
        return (CompletableFuture<T>) secondary.get();
    }
}
