package io.github.dualwrite.postgres;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** An adapter sees the root package and the SPI; a source of read routes also what it is a source of. */
class ArchitectureTest {

    private final JavaClasses adapter = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.github.dualwrite.postgres");

    @Test
    void theAdapterDoesNotReachIntoCore() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.github.dualwrite.internal..",
                        "io.github.dualwrite.reconcile..",
                        "io.github.dualwrite.memory..")
                .check(adapter);
    }

    @Test
    void storesKnowNothingOfReadRoutes() {
        noClasses()
                .that()
                .haveSimpleNameNotContaining("ReadRoute")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.github.dualwrite.routing..")
                .check(adapter);
    }
}
