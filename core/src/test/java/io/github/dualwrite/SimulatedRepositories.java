package io.github.dualwrite;

import io.github.dualwrite.internal.Machine;

/** Opens the seam for simulations. */
public final class SimulatedRepositories {

    private SimulatedRepositories() {}

    /**
     * Builds a repository.
     *
     * @param marks how many keys it can remember as pending
     */
    public static <K, V> DualWriteRepository<K, V> build(
            DualWriteRepositoryBuilder<K, V> builder, Machine machine, int marks) {
        return builder.simulated(machine, marks).build();
    }
}
