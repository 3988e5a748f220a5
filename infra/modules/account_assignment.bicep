// A role on one storage account, in the resource group at which this module is scoped.

@description('Name of the storage account.')
param accountName string

@description('Object id of the identity that gets the role.')
param principalId string

@description('Full id of the role definition.')
param roleId string

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: accountName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, roleId)
  scope: account
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: roleId
  }
}
