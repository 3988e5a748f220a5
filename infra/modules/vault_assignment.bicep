// A role on one Recovery Services vault, in the resource group at which this module is scoped.

@description('Name of the Recovery Services vault.')
param vaultName string

@description('Object id of the identity that gets the role.')
param principalId string

@description('Full id of the role definition.')
param roleId string

resource vault 'Microsoft.RecoveryServices/vaults@2024-04-01' existing = {
  name: vaultName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, roleId)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: roleId
  }
}
