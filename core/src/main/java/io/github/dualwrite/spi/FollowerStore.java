package io.github.dualwrite.spi;

/**
 * A store that can serve as the follower: it applies records and tombstones guarded by their version.
 *
 * <p>Implementations describe a store and its mapping; they are immutable and hold no resource of their own.
 */
public interface FollowerStore<K, V> {

    /**
     * Returns the verbs that a repository calls. Must not talk to the store: an application has to start while its
     * follower is down. What the store must look like is checked by {@link Follower#check()}.
     */
    Follower<K, V> openFollower(StoreContext context);
}
